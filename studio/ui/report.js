// The report, chapter by chapter; each unfolds.
//
// props.value = JSON text of {
//   about: [sentence, ...],
//   sections: [{name, title, paragraphs: [text, ...], columns: [text, ...], rows: [[text, ...], ...],
//               plots: [{title, alt, source: address}, ...], measured: text}, ...]
// }, or null before it was asked for
// Event `wanted`: somebody looks at it for the first time. Texts only ever go into textContent; what stands in `...` in
// a sentence is typed in the way of a program.

const find = (selector) => element.querySelector(selector);

function made(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function sentence(text, className) {
  const parts = text.split("`").map((part, i) => (i % 2 ? made("code", "", part) : part));
  return made("p", className, ...parts);
}

const NUMBER = /^[\s<>≤≥±+\-−–~]*\d[\d.,\s%×±+\-−–\[\]()/]*$/;

// A column is one of figures where each of its cells is empty or a number.
function figures(rows, column) {
  return rows.every((row) => !row[column] || row[column] === "–" || NUMBER.test(row[column]));
}

// What is wider or longer than its place scrolls there, by keyboard too, and so has a name.
function scrolled(name, node) {
  const around = made("div", "scroll", node);
  around.tabIndex = 0;
  around.setAttribute("role", "region");
  around.setAttribute("aria-label", name);
  return around;
}

function table({ title, columns, rows }) {
  const right = columns.map((_, column) => column > 0 && figures(rows, column));
  const head = made("tr", "", ...columns.map((text, i) => {
    const cell = made("th", right[i] ? "figure" : "", text);
    cell.scope = "col";
    return cell;
  }));
  const body = rows.map((row) => made("tr", "", ...row.map((text, i) => {
    const cell = made(i ? "td" : "th", right[i] ? "figure" : "", text);
    if (!i) cell.scope = "row";
    return cell;
  })));
  return scrolled(title, made("table", "", made("thead", "", head), made("tbody", "", ...body)));
}

function picture({ title, alt, source }) {
  const image = document.createElement("img");
  image.loading = "lazy";
  image.alt = alt;
  image.src = source;
  return made("figure", "", scrolled(title, image), made("figcaption", "", title));
}

function chapter(section) {
  const node = made("details", "", made("summary", "", made("h3", "", section.title)));
  node.dataset.name = section.name;
  node.append(...section.paragraphs.map((text) => sentence(text)));
  node.append(...section.plots.map(picture));
  if (section.columns.length) node.append(table(section));
  if (section.measured) node.append(sentence(section.measured, "measured"));
  return node;
}

function show() {
  if (!props.value) return;
  const { about, sections } = JSON.parse(props.value);
  find(".about").replaceChildren(...about.map((text) => sentence(text)));
  find(".sections").replaceChildren(...sections.map(chapter));
  if (sections.length) find("details").open = true;
  find(".report").setAttribute("aria-busy", "false");
}

watch("value", show);
show();
// Not before: it is long, and most who come want to make music.
const inView = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  inView.disconnect();
  if (!props.value) trigger("wanted");
});
inView.observe(find(".report"));
element.dataset.ready = "true";
