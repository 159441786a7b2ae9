// Controls that are narrower or lower than a finger; a label counts as part of its box.
(least) => {
  const CONTROLS = "button, .btn, select, summary, .rail a, input:not([type=hidden], [type=range])";
  const found = [];
  for (const control of document.querySelectorAll(CONTROLS)) {
    const isSeen = control.checkVisibility({ visibilityProperty: true });
    if (!isSeen || control.closest(".sr") || control.matches(".sr")) continue;
    const label = control.closest("label") ?? control.labels?.[0];
    const isBox = control.matches("[type=checkbox], [type=radio]");
    const box = (isBox && label ? label : control).getBoundingClientRect();
    if (box.height < least - 0.5 || box.width < least - 0.5) {
      found.push(`${control.outerHTML.slice(0, 90)}: ${box.width} x ${box.height}`);
    }
  }
  return found;
}
