// What was read from a file, in words.
//
// props.value = {title, source, origin, chips: [[name, text], ...], tracks_heading, tracks: [[name, text], ...],
//                repairs_heading, repairs: [sentence, ...]}, or null
// Every text comes from a visitor's file: it only ever goes into textContent.

const find = (selector) => element.querySelector(selector);

function made(tag, text, ...children) {
  const node = document.createElement(tag);
  if (text !== null) node.textContent = text;
  node.append(...children);
  return node;
}

function show() {
  const value = props.value;
  find(".facts").hidden = !value;
  if (!value) return;
  find(".title").textContent = value.title;
  find(".source").textContent = value.source;
  find(".origin").textContent = value.origin;
  find(".origin").hidden = !value.origin;
  find(".chips").replaceChildren(
    ...value.chips.map(([name, text]) => made("div", null, made("dt", name), made("dd", text)))
  );
  find(".tracks").setAttribute("aria-label", value.tracks_heading);
  find(".tracks").replaceChildren(
    ...value.tracks.map(([name, text]) => made("li", null, made("strong", name), made("span", text)))
  );
  find(".repairs").hidden = !value.repairs.length;
  find(".repairs h4").textContent = value.repairs_heading;
  find(".repairs ul").replaceChildren(...value.repairs.map((sentence) => made("li", sentence)));
}

watch("value", show);
show();
element.dataset.ready = "true";
