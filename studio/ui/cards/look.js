// `thumbnail(look)`: a piano roll the size of a stamp, as SVG whose colours are the style sheet's. Set in before the
// scripts that use it.
//
// look: base64 of four bytes a stroke: column 0-119, columns wide, row 0-39 from the top, 1 if the note is new.

const SVG = "http://www.w3.org/2000/svg";

function strokes(look) {
  const paths = ["", ""];
  let bytes = "";
  try {
    bytes = atob(look);
  } catch {
    return paths; // what cannot be read has no picture
  }
  for (let i = 0; i + 3 < bytes.length; i += 4) {
    const [x, wide, y, fresh] = [0, 1, 2, 3].map((k) => bytes.charCodeAt(i + k));
    // A little short of its end, so that a repeated note is seen to be two.
    paths[fresh ? 1 : 0] += `M${x} ${y + 1}h${Math.max(0.5, wide - 0.4)}`;
  }
  return paths;
}

function thumbnail() {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "look");
  picture.setAttribute("viewBox", "0 0 120 42");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  for (const name of ["old", "new"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    picture.append(path);
  }
  return picture;
}

function drawLook(picture, look) {
  if (picture.look === look) return;
  picture.look = look;
  strokes(look).forEach((path, i) => picture.children[i].setAttribute("d", path));
}
