// The page's name, and the button for light or dark. props.labels = {title, tagline, theme, gone}

const find = (selector) => element.querySelector(selector);
find("h1").textContent = props.labels.title;
find(".tagline").textContent = props.labels.tagline;
find("#theme-button").textContent = props.labels.theme;
find("#gone").textContent = props.labels.gone;
element.dataset.ready = "true";
