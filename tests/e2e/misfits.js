// What makes a page scroll sideways, and the controls that lie outside the window or are cut off.
() => {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, audio";
  const width = document.documentElement.clientWidth;
  const found = [];

  function overflowOf(element) {
    return getComputedStyle(element).overflowX;
  }

  // From the control outwards, up to the first frame that can be scrolled sideways.
  function framesOf(control) {
    const frames = [];
    for (let up = control.parentElement; up && up !== document.body; up = up.parentElement) {
      frames.push(up);
      if (["auto", "scroll"].includes(overflowOf(up))) break;
    }
    return frames;
  }

  function isCut(box, frame) {
    const edges = frame.getBoundingClientRect();
    const hides = ["hidden", "clip"].includes(overflowOf(frame));
    return hides && (box.left < edges.left - 1 || box.right > edges.right + 1);
  }

  const wanted = document.documentElement.scrollWidth;
  if (wanted > width) found.push(`the page is ${wanted} wide, the window ${width}`);
  for (const control of document.querySelectorAll(CONTROLS)) {
    const isSeen = control.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    // What only screen readers see is out on purpose, and the skip link until it has the focus.
    if (!isSeen || control.closest(".sr, .skip")) continue;
    const box = control.getBoundingClientRect();
    const frames = framesOf(control);
    const scrolls = frames.some((frame) => ["auto", "scroll"].includes(overflowOf(frame)));
    const name = `${control.tagName} “${control.textContent.trim().slice(0, 30)}”`;
    if (frames.some((frame) => isCut(box, frame))) found.push(`${name} is cut off`);
    if (!scrolls && (box.left < -1 || box.right > width + 1)) {
      found.push(`${name} reaches from ${box.left} to ${box.right} in a window of ${width}`);
    }
  }
  return found;
}
