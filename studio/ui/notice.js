// One sentence about what is going on or went wrong, with a bar where something is counted.
//
// props.value = {kind: "error" | "working" | "done", text, done, total}, or null for nothing to say

const notice = element.querySelector(".notice");
const sentence = element.querySelector("p");
const bar = element.querySelector("progress");

function show() {
  const value = props.value;
  notice.hidden = !value;
  if (!value) return;
  notice.dataset.kind = value.kind;
  notice.setAttribute("role", value.kind === "error" ? "alert" : "status");
  sentence.textContent = value.text;
  if (value.kind === "error") notice.scrollIntoView({ block: "nearest" });
  bar.hidden = value.kind !== "working";
  bar.setAttribute("aria-label", value.text);
  if (value.total) bar.value = value.done / value.total;
  else bar.removeAttribute("value");
}

watch("value", show);
show();
element.dataset.ready = "true";
