// The buttons over the canvas: tools, grid, commands and zoom.

const GRIDS = [[4, false], [8, false], [16, false], [32, false], [4, true], [8, true], [16, true]];

function connectTools(roll, find) {
  const { music, editor, words } = roll;
  const grid = find(".grid"), loud = find(".loud"), tools = find(".edit-tools");

  function button(name, act) {
    const node = find("." + name);
    node.setAttribute("aria-label", words[name]);
    node.title = words[name];
    node.addEventListener("click", () => {
      act();
      roll.redraw();
    });
    return node;
  }

  const buttons = {
    select: button("select", () => roll.setTool("select")),
    draw: button("draw", () => roll.setTool("draw")),
    undo: button("undo", () => editor.undo()),
    redo: button("redo", () => editor.redo()),
    quantize: button("quantize", () => editor.quantize()),
    lock: button("lock", () => editor.lock()),
    copy_notes: button("copy_notes", () => editor.copy()),
    paste: button("paste", () => editor.paste(roll.pastePlace())),
    remove: button("remove", () => editor.remove(editor.chosen())),
  };
  button("zoom_out", () => roll.zoom(0.8));
  button("zoom_in", () => roll.zoom(1.25));
  button("lower", () => roll.zoomRows(1 / 1.2));
  button("higher", () => roll.zoomRows(1.2));
  button("fit", () => roll.fit());
  button("keys", () => roll.help.show(true));
  const more = button("more", () => {
    const unfolded = find(".tools").classList.toggle("unfolded");
    more.setAttribute("aria-expanded", unfolded);
  });
  more.setAttribute("aria-expanded", false);
  tools.setAttribute("aria-label", words.edit_tools);
  find(".zoom-tools").setAttribute("aria-label", words.zoom_tools);

  grid.setAttribute("aria-label", words.grid);
  grid.title = words.grid;
  GRIDS.forEach(([part, triplet], i) => {
    const text = filled(triplet ? words.grid_triplet : words.grid_part, { part });
    const usual = part === editor.grid.part && triplet === editor.grid.triplet;
    grid.add(new Option(text, i, usual, usual));
  });
  grid.addEventListener("change", () => {
    const [part, triplet] = GRIDS[grid.value];
    editor.grid = { part, triplet };
    editor.length = 0;
    roll.redraw();
  });

  find(".loud-name").textContent = words.loudness;
  loud.setAttribute("aria-label", words.loudness);
  loud.addEventListener("change", () => {
    editor.loudness = Number(loud.value);
    editor.loud(editor.loudness);
  });

  return function show() {
    tools.hidden = !music.editable;
    const chosen = editor.chosen();
    for (const name of ["quantize", "lock", "copy_notes", "remove"]) buttons[name].disabled = !chosen.length;
    buttons.undo.disabled = !editor.canUndo();
    buttons.redo.disabled = !editor.canRedo();
    buttons.paste.disabled = !editor.canPaste();
    buttons.select.setAttribute("aria-pressed", roll.tool === "select");
    buttons.draw.setAttribute("aria-pressed", roll.tool === "draw");
    buttons.lock.setAttribute("aria-pressed", chosen.length > 0 && chosen.every((note) => note.state & LOCKED));
    // It is of what is selected, or of what is drawn next.
    loud.disabled = !chosen.length && roll.tool !== "draw";
    loud.value = chosen.length ? Math.round(chosen.reduce((sum, n) => sum + n.velocity, 0) / chosen.length) : editor.loudness;
  };
}
