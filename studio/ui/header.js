// The page's name, and the buttons for another language and for light or dark; page.js knows what they do.
// props.labels = {title, tagline, theme, gone, skip}, props.languages = {code: name of each other language in itself}

const find = (selector) => element.querySelector(selector);
find(".skip").textContent = props.labels.skip;
find("h1").textContent = props.labels.title;
find(".tagline").textContent = props.labels.tagline;
find("#theme-button").textContent = props.labels.theme;
find("#gone").textContent = props.labels.gone;
for (const [code, name] of Object.entries(props.languages)) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", lang: code, textContent: name });
  button.dataset.language = code;
  find("#language-buttons").append(button);
}
element.dataset.ready = "true";
