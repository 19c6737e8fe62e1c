// What is wrong with how the page looks, a sentence each. Arguments: the width of the screen in px, whether it is dark.
const [width, isDark] = arguments;
const wrong = [];

const call = (element) => {
  const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
  return `<${element.localName}${element.id && "#" + element.id}${element.className && "." + element.className}> "${text}"`;
};
const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

// Nothing stands beside the screen.
const whole = document.scrollingElement.scrollWidth;
if (whole > width) {
  const beside = [...document.body.querySelectorAll("*")].filter((e) => isShown(e) && e.getBoundingClientRect().right > width + 1);
  wrong.push(`it is ${whole} px wide: ${beside.slice(0, 5).map(call)}`);
}

// Ids are unique, as labels and links rely on it.
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) wrong.push(`the id ${id} is there twice`);
for (const name of ["aria-labelledby", "aria-describedby", "for", "popovertarget"]) {
  for (const element of document.querySelectorAll(`[${name}]`)) {
    for (const id of element.getAttribute(name).split(" ")) if (!ids.includes(id)) wrong.push(`${name} of ${call(element)} leads nowhere`);
  }
}

// What fingers press is large enough (WCAG 2.5.8); a checkbox is pressed by its label too.
for (const element of document.querySelectorAll("button, .button, input:not([type=hidden]), select, nav a")) {
  const box = element.getBoundingClientRect();
  const isLarge = box.width >= 24 && box.height >= 24 || element.type === "checkbox" && box.width >= 20;
  if (isShown(element) && !isLarge) wrong.push(`${call(element)} is ${box.width} by ${box.height} px small`);
}

// Text stands out from what is behind it (WCAG 1.4.3).
const parse = (colour) => {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return { red, green, blue, alpha };
};
const over = (top, below) => {
  const mix = (name) => top[name] * top.alpha + below[name] * (1 - top.alpha);
  return { red: mix("red"), green: mix("green"), blue: mix("blue"), alpha: 1 };
};
const luminance = ({ red, green, blue }) => {
  const [r, g, b] = [red, green, blue].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
// All colours that may be behind an element: the stops of a gradient, or the one colour.
const behind = (element) => {
  if (!element) return [{ red: 255, green: 255, blue: 255, alpha: 1 }];
  const style = getComputedStyle(element);
  const stops = style.backgroundImage.match(/rgba?\([^)]*\)/g);
  if (stops) return stops.map(parse);
  const own = parse(style.backgroundColor);
  return own.alpha === 1 ? [own] : behind(element.parentElement).map((below) => over(own, below));
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || ["SCRIPT", "OPTION", "NOSCRIPT"].includes(element.tagName)) continue;
  const style = getComputedStyle(element);
  if (!isShown(element) || element.closest(".vh, .skip") || style.clipPath !== "none") continue;
  const [size, colour] = [parseFloat(style.fontSize), parse(style.color)];
  const least = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700 ? 3 : 4.5;
  const worst = Math.min(...behind(element).map((back) => contrast(over(colour, back), back)));
  if (worst < least) wrong.push(`${call(element)} has a contrast of ${worst.toFixed(2)}`);
}

// The page follows the person's wish for light or dark.
const ground = luminance(behind(document.body)[0]);
if (isDark ? ground > 0.2 : ground < 0.8) wrong.push(`its ground has a luminance of ${ground.toFixed(2)}`);

return wrong;
