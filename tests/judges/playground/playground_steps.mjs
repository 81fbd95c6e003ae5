/**
 * The steps a conversation script is made of: a JSON array of objects with one key each.  Patterns are regular expressions.
 *
 * The member in front of the screen
 *   {"open": "Personal Chat" | "Group Chat" | "My Team - General" | "My Team - Announcements"}
 *   {"say": "/kudos hello"}                            types and sends; "@[Kudos] /kudos @[Megan Bowen] thanks" picks real mentions
 *   {"fill": {"label": "Comment", "value": "x"}}       Input.Text in the newest card, by label or placeholder
 *   {"choose": {"label": "Value", "value": "Team"}}    Input.ChoiceSet, compact or expanded (expanded: label = value)
 *   {"person": {"label": "To", "value": "Adele Vance"}}     people picker
 *   {"click": "Vote"}                                  a button in the newest card that has it
 *   {"me": {"command": "sendKudos"}}                   action message extension: opens its dialog, then fill and click there
 *   {"close": 1}                                       close the dialog (the Playground empties it when a message arrives behind it)
 *   {"send": 1}                                        press Send, e.g. for the card a message extension put in the compose box
 *
 * Somebody else (ids as in m365agentsplayground.yml; the user must be a member of that chat)
 *   {"executeAs": {"user": "29:megan", "verb": "vote", "data": {}}}    Action.Execute on the newest card
 *   {"pressAs": {"user": "29:megan", "title": "Second it"}}            the newest button with that title, token and all
 *   {"submitAs": {"user": "29:megan", "data": {}}}                     Action.Submit on the newest card
 *   {"sayAs": {"user": "29:megan", "text": "<at>Kudos</at> /top", "mentions": ["28:…"], "conversation": "personal|group|team"}}
 *   {"activity": {…}}                                  any raw activity
 *   {"post": {"url": "http://…", "json": {}}}          any POST, e.g. to make the bot send on its own
 *
 * Expectations; each waits until it holds or the time is up
 *   {"expectText": "…"}        a message or card the bot sent since the latest act
 *   {"expectCard": "…"}        the visible text of a card
 *   {"expectPage": "…"}        the visible page, e.g. the bar under a card that shows an error answer
 *   {"expectLog": "invoke 200"}     a line of the Playground's log panel
 *   {"expectResponse": "…"}    the body that answered the latest executeAs, submitAs, sayAs, activity or post
 *
 * Camera and clock
 *   {"shot": "name"}  {"wait": 500}
 *
 * Every public method of Steps is one step; its argument is the JSON value.
 */
import path from 'path';

const CARD = '.ac-adaptiveCard';
const EDITOR = '[role=textbox][data-lexical-editor=true]';
const POLL_MS = 100;

/** Wait until `probe` answers something truthy; an exception counts as "not yet". */
export async function until(probe, what, timeoutMs) {
  const end = Date.now() + timeoutMs;
  let lastError;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > end) throw new Error(`timeout: ${what}${lastError ? ` / ${lastError.message}` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function actionsOf(node) {
  if (Array.isArray(node)) return node.flatMap(actionsOf);
  if (node === null || typeof node !== 'object') return [];
  return node.type === 'Action.Execute' ? [node] : Object.values(node).flatMap(actionsOf);
}

/** Every client call, bot message and response, in order; written to transcript.json at the end. */
export class Transcript {
  entries = [];

  note(kind, value) {
    this.entries.push({ t: Date.now(), [kind]: value });
  }

  /** Record what the page sends and receives. */
  watch(page) {
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname.startsWith('/_conversation')) this.note('client', { path: url.pathname, body: request.postDataJSON() });
    });
    page.on('response', async (response) => {
      if (!new URL(response.url()).pathname.endsWith('/invoke')) return;
      this.note('invokeResponse', { status: response.status(), body: await response.text().catch(() => '') });
    });
    page.on('websocket', (socket) => socket.on('framereceived', (frame) => this.#noteFrame(frame.payload)));
  }

  #noteFrame(payload) {
    let data;
    try {
      data = JSON.parse(payload);
    } catch {
      return; // keep-alive frames are no JSON
    }
    if (data.action) this.note('bot', data);
    else if (data.log?.activityName) this.note('log', data);
  }

  botMessagesSince(mark) {
    return this.entries.slice(mark).flatMap((entry) => (entry.bot ? [entry.bot] : []));
  }

  last(kind) {
    return this.entries.findLast((entry) => entry[kind])?.[kind];
  }

  /** The newest button whose title matches, with where its card is. */
  lastButton(pattern) {
    for (const { bot } of [...this.entries].reverse()) {
      for (const attachment of bot?.message?.attachments ?? []) {
        const action = actionsOf(attachment.content).find((candidate) => new RegExp(pattern).test(candidate.title));
        if (action) return { action, conversation: bot.actionConversationId, messageId: bot.message.messageId };
      }
    }
    throw new Error(`no button ${pattern}`);
  }

  lastCardMessage() {
    const entry = this.entries.findLast((candidate) => candidate.bot?.message?.attachments?.length);
    if (!entry) throw new Error('the bot has sent no card yet');
    return entry.bot;
  }
}

export class Steps {
  #page;
  #transcript;
  #config;
  #base;
  #serviceUrl;
  #out;
  #timeoutMs;
  #mark = 0; // first transcript entry that belongs to the latest act of a member
  #conversationId;

  constructor({ page, transcript, config, base, serviceUrl, out, timeoutMs }) {
    this.#page = page;
    this.#transcript = transcript;
    this.#config = config;
    this.#base = base;
    this.#serviceUrl = serviceUrl;
    this.#out = out;
    this.#timeoutMs = timeoutMs;
    this.#conversationId = config.personalChat.id;
  }

  static names() {
    return Object.getOwnPropertyNames(Steps.prototype).filter((name) => name !== 'constructor');
  }

  // --- acts of the member in front of the screen -----------------------------------------------------------------

  async open(name) {
    await this.#page.getByRole('treeitem', { name, exact: true }).click();
    await this.#page.waitForTimeout(700);
    this.#conversationId = this.#conversationNamed(name);
  }

  async say(text) {
    this.#newAct();
    await this.#page.locator(EDITOR).first().click();
    for (const part of text.split(/(@\[[^\]]+\])/)) {
      const mention = /^@\[([^\]]+)\]$/.exec(part);
      if (mention) await this.#pickMention(mention[1]);
      else if (part) await this.#page.keyboard.type(part);
    }
    const post = this.#page.getByRole('button', { name: 'Post', exact: true }); // channels have a button, chats have none
    if (await post.count()) await post.click();
    else await this.#page.keyboard.press('Enter');
  }

  async fill({ label, value }) {
    const input = await this.#inNewestCard((card) => card.getByLabel(label).or(card.getByPlaceholder(label)), `input ${label}`);
    await input.fill(value);
  }

  async choose({ label, value }) {
    // The label of an input that has to be filled in ends with an asterisk.
    const shown = new RegExp(`^${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*\\*?\\s*$`);
    const input = await this.#inNewestCard((card) => card.getByLabel(shown), `choice ${label}`);
    const kind = await input.evaluate((element) => `${element.tagName}:${element.getAttribute('role') || element.type || ''}`);
    if (kind.startsWith('SELECT')) {
      await input.selectOption({ label: value });
      return;
    }
    if (/radio|checkbox/.test(kind)) {
      const choice = await this.#inNewestCard((card) => card.getByLabel(value, { exact: true }), `choice ${value}`);
      await choice.check();
      return;
    }
    await input.click();
    if (kind.startsWith('INPUT')) await this.#page.keyboard.type(value.slice(0, 3));
    await this.#page.waitForTimeout(400);
    await this.#page.getByRole('option', { name: value }).or(this.#page.getByText(value, { exact: true })).last().click();
  }

  async person({ label, value }) {
    const input = await this.#inNewestCard((card) => card.locator('.ms-PeoplePicker input, .ms-BasePicker-input'), `people picker ${label}`);
    await input.click();
    await this.#page.keyboard.type(value.split(' ')[0]);
    const suggestion = this.#page.locator('.ms-Suggestions-item, [role=option]').filter({ hasText: value }).first();
    await suggestion.click({ timeout: 5000 });
  }

  async click(name) {
    this.#newAct();
    const button = await this.#inNewestCard((card) => card.getByRole('button', { name, exact: true }), `button ${name}`);
    await button.click();
  }

  async me({ command }) {
    this.#newAct();
    await this.#page.getByRole('button', { name: 'Trigger Message Extension App' }).last().click();
    await this.#page.getByRole('menuitem', { name: 'Action Command' }).click();
    const dialog = this.#page.getByRole('dialog');
    await dialog.getByPlaceholder(/command id/i).fill(command);
    await dialog.getByRole('button', { name: 'Create' }).click();
  }

  async close() {
    const dialog = this.#page.getByRole('dialog');
    await dialog.getByRole('button', { name: /close/i }).first().click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async send() {
    this.#newAct();
    const post = this.#page.getByRole('button', { name: 'Post', exact: true });
    await ((await post.count()) ? post : this.#page.getByRole('button', { name: 'Send Message' })).last().click();
  }

  // --- acts of somebody else ---------------------------------------------------------------------------------------

  async executeAs({ user, verb, data = {} }) {
    this.#newAct();
    const { actionConversationId, message } = this.#transcript.lastCardMessage();
    await this.#post(`${this.#base}/_conversation/v1/invoke`, {
      name: 'adaptiveCard/action',
      value: { action: { type: 'Action.Execute', verb, data } },
      from: { id: user },
      conversation: { id: actionConversationId },
      replyToId: message.messageId,
    });
  }

  async pressAs({ user, title }) {
    this.#newAct();
    const found = this.#transcript.lastButton(title);
    await this.#post(`${this.#base}/_conversation/v1/invoke`, {
      name: 'adaptiveCard/action',
      value: { action: found.action },
      from: { id: user },
      conversation: { id: found.conversation },
      replyToId: found.messageId,
    });
  }

  async submitAs({ user, data = {} }) {
    this.#newAct();
    const { actionConversationId, message } = this.#transcript.lastCardMessage();
    await this.#post(`${this.#base}/_conversation/v1/submit`, {
      conversation: { id: actionConversationId },
      replyToId: message.messageId,
      value: data,
      from: { id: user },
    });
  }

  async sayAs({ user, text, mentions = [], conversation = 'group' }) {
    this.#newAct();
    const { bot, currentUser, users, personalChat, groupChats, teams, tenantId } = this.#config;
    const everybody = [bot, currentUser, ...users];
    const sender = everybody.find((person) => person.id === user);
    if (!sender) throw new Error(`no user ${user} in the Playground's configuration`);
    const ids = { personal: personalChat.id, group: groupChats[0].id, team: teams[0].id };
    const types = { personal: 'personal', team: 'channel' };
    const mentionOf = (id) => {
      const { name } = everybody.find((person) => person.id === id);
      return { type: 'mention', mentioned: { id, name }, text: `<at>${name}</at>` };
    };
    await this.#postActivity({
      type: 'message',
      text,
      textFormat: 'plain',
      from: { id: sender.id, name: sender.name, aadObjectId: sender.aadObjectId },
      conversation: {
        id: ids[conversation] || conversation,
        conversationType: types[conversation] || 'groupChat',
        isGroup: conversation !== 'personal',
        tenantId,
      },
      timestamp: new Date().toISOString(),
      locale: 'en-US',
      channelData: { tenant: { id: tenantId } },
      entities: mentions.map(mentionOf),
    });
  }

  async activity(fields) {
    this.#newAct();
    const { id, name, aadObjectId } = this.#config.currentUser;
    const conversation = { id: this.#conversationId, tenantId: this.#config.tenantId };
    await this.#postActivity({ from: { id, name, aadObjectId }, conversation, ...fields });
  }

  async post({ url, json }) {
    this.#newAct();
    await this.#post(url, json);
  }

  // --- expectations ------------------------------------------------------------------------------------------------

  async expectText(pattern) {
    const wanted = new RegExp(pattern, 's');
    const textOf = ({ message }) => `${message?.text} ${JSON.stringify(message?.attachments || '')}`;
    const arrived = () => this.#transcript.botMessagesSince(this.#mark).some((sent) => wanted.test(textOf(sent)));
    await until(arrived, `text ${wanted}`, this.#timeoutMs);
  }

  async expectCard(pattern) {
    const wanted = new RegExp(pattern, 's');
    const shown = async () => (await this.#page.locator(CARD).allInnerTexts()).some((text) => wanted.test(text));
    await until(shown, `card ${wanted}`, this.#timeoutMs);
  }

  async expectPage(pattern) {
    const wanted = new RegExp(pattern, 's');
    await until(async () => wanted.test((await this.#pageText()).split('Log Panel')[0]), `page ${wanted}`, this.#timeoutMs);
  }

  async expectLog(pattern) {
    const wanted = new RegExp(pattern);
    await until(async () => wanted.test(await this.#pageText()), `log ${wanted}`, this.#timeoutMs);
  }

  async expectResponse(pattern) {
    const response = this.#transcript.last('post');
    if (!response) throw new Error('no executeAs, submitAs, sayAs, activity or post before this step');
    if (!new RegExp(pattern, 's').test(response.body)) throw new Error(`response was ${response.body}`);
  }

  // --- the camera and the clock ------------------------------------------------------------------------------------

  async shot(name) {
    await this.#page.waitForTimeout(400);
    await this.#page.screenshot({ path: path.join(this.#out, `${name}.png`) });
  }

  async wait(milliseconds) {
    await this.#page.waitForTimeout(milliseconds);
  }

  // --- how it is done ----------------------------------------------------------------------------------------------

  #newAct() {
    this.#mark = this.#transcript.entries.length;
  }

  #conversationNamed(name) {
    const { personalChat, groupChats, teams } = this.#config;
    if (name === 'Personal Chat') return personalChat.id;
    if (name === 'Group Chat') return groupChats[0].id;
    return teams[0].channels.find((channel) => name.endsWith(channel.name)).id;
  }

  async #pickMention(name) {
    await this.#page.keyboard.type(`@${name.slice(0, 3)}`);
    await this.#page.waitForTimeout(500); // the list of suggestions opens with an animation
    await this.#page.getByText(name, { exact: true }).last().click({ timeout: 5000 });
    await this.#page.waitForTimeout(200);
  }

  /** The first match of `select` in the newest card that has one. */
  #inNewestCard(select, what) {
    const find = async () => {
      const cards = this.#page.locator(CARD);
      for (let index = (await cards.count()) - 1; index >= 0; index -= 1) {
        const found = select(cards.nth(index));
        if (await found.count()) return found.first();
      }
      return null;
    };
    return until(find, what, this.#timeoutMs);
  }

  #pageText() {
    return this.#page.locator('body').innerText();
  }

  async #postActivity(fields) {
    const { id, name } = this.#config.bot;
    await this.#post(`${this.#base}/_internal/v1/customActivities`, {
      channelId: 'msteams',
      serviceUrl: this.#serviceUrl,
      recipient: { id, name },
      id: String(Date.now()),
      ...fields,
    });
  }

  async #post(url, json) {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) });
    const body = (await response.text()).slice(0, 2000);
    this.#transcript.note('post', { url, status: response.status, body });
    if (!response.ok) throw new Error(`${url} -> ${response.status}`);
  }
}
