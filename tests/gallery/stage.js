/* Puts one card on the stage and says how large it is and what is wrong with it. */
'use strict';

const FONT = "'Segoe UI', 'Open Sans', 'Noto Sans CJK SC', 'Noto Color Emoji', sans-serif";
const TEXT = { default: '#242424', subtle: '#616161' };

/** How Teams draws cards in its light theme, as a host configuration of Microsoft's renderer. */
function teamsLook() {
  const colours = (value) => ({ default: value, subtle: TEXT.subtle });
  const foregroundColors = {
    default: TEXT, dark: TEXT, light: colours('#ffffff'), accent: colours('#5b5fc7'), good: colours('#237b4b'),
    warning: colours('#835c00'), attention: colours('#c4314b'),
  };
  const backgrounds = { default: '#ffffff', emphasis: '#f0f0f0', accent: '#e8ebfa', good: '#e7f2da', attention: '#fcf4f6', warning: '#fbf6d9' };
  const containerStyles = Object.fromEntries(
    Object.entries(backgrounds).map(([name, backgroundColor]) => [name, { backgroundColor, foregroundColors }]),
  );
  return {
    fontFamily: FONT,
    fontTypes: { default: { fontFamily: FONT }, monospace: { fontFamily: "'DejaVu Sans Mono', monospace" } },
    supportsInteractivity: true,
    spacing: { none: 0, small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
    separator: { lineThickness: 1, lineColor: '#e1dfdd' },
    fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
    fontWeights: { lighter: 200, default: 400, bolder: 600 },
    imageSizes: { small: 32, medium: 52, large: 100 },
    containerStyles,
    actions: { maxActions: 6, buttonSpacing: 8, actionsOrientation: 'horizontal', actionAlignment: 'left' },
    factSet: { title: { weight: 'bolder', wrap: true, maxWidth: 180 }, value: { wrap: true }, spacing: 12 },
  };
}

/** Draws with Microsoft's renderer; returns its complaints. */
function drawTeams(card, place) {
  const { AdaptiveCards, markdownit } = window;
  const markdown = markdownit();
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown.render(text);
    result.didProcess = true;
  };
  // The renderer knows no mentions: the names stand out through the accent colour, as in Teams.
  const names = new Map(((card.msteams || {}).entities || []).map((entity) => [entity.text, entity.mentioned.name]));
  // Its check of `lang` remembers where the last one ended (a `g` flag) and refuses every second card.
  const { lang, ...judged } = card;
  const shown = JSON.stringify(judged, drawable).replace(/<at>.*?<\/at>/g, (mention) => `\u2063${names.get(mention)}\u2064`);
  const drawn = new AdaptiveCards.AdaptiveCard();
  drawn.hostConfig = new AdaptiveCards.HostConfig(teamsLook());
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
  drawn.parse(JSON.parse(shown), context);
  place.append(drawn.render());
  for (const block of place.querySelectorAll('p, .ac-textBlock')) {
    if (!block.querySelector('p')) block.innerHTML = block.innerHTML.replace(/\u2063/g, '<span class="mention">').replace(/\u2064/g, '</span>');
  }
  const events = Array.from({ length: context.eventCount }, (_, index) => context.getEventAt(index));
  events.push(...drawn.validateProperties().validationEvents);
  return events.map((event) => event.message);
}

/** Teams' people picker is unknown to the renderer: a text field stands for it. */
function drawable(key, value) {
  if (!value || !value['choices.data']) return value;
  const { id, label, isRequired, errorMessage } = value;
  return { type: 'Input.Text', id, label, isRequired, errorMessage, value: value.value, placeholder: '🔍' };
}

/** `drawing` is {platform, html} of a mock-up, or {platform, card} for Microsoft's renderer; `head` stands above it. */
window.draw = function draw({ platform, head, html, card }) {
  const frame = document.getElementById('frame');
  frame.className = platform;
  frame.innerHTML = `${head}<div id="card"></div>`;
  const place = document.getElementById('card');
  const faults = card ? drawTeams(card, place) : [];
  if (html) place.innerHTML = html;
  const surplus = place.scrollWidth - place.clientWidth;
  if (surplus > 0) faults.push(`${surplus} pixels wider than its place`);
  return { faults, width: frame.offsetWidth, height: frame.offsetHeight };
};
