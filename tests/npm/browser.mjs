// Opens a page in a headless Chromium and runs a script in it, as a page's own script would run:
//
//     node browser.mjs PROFILE URL < SCRIPT
//
// SCRIPT is the body of an async function; what it returns is printed as JSON. PROFILE is an empty folder.

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

const [profile, url] = process.argv.slice(2);
const chromium = spawn(
  "chromium",
  ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
   "--disable-background-networking", "--disable-component-update", `--user-data-dir=${profile}`,
   // Commands come by file descriptor 3 and answers leave by 4. The browser ends when they are closed, however we end.
   "--remote-debugging-pipe", "about:blank"],
  { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] },
);
const said = text(chromium.stderr);
chromium.on("exit", async (code) => {
  console.error(`chromium ended with ${code}\n${await said}`);
  process.exit(1);
});

// The DevTools protocol: JSON, each message ended by a NUL.
const waiting = new Map();
const [commands, answers] = [chromium.stdio[3], chromium.stdio[4]];
let partial = "";
answers.setEncoding("utf8").on("data", (part) => {
  const messages = (partial + part).split("\0");
  partial = messages.pop();
  for (const message of messages.map((message) => JSON.parse(message))) {
    waiting.get(message.id ?? message.method)?.(message);
  }
});

let last = 0;
const call = async (method, params, sessionId) => {
  const id = ++last;
  const answer = new Promise((resolve) => waiting.set(id, resolve));
  commands.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  const { result, error } = await answer;
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
};
const event = (name) => new Promise((resolve) => waiting.set(name, resolve));

const { targetId } = await call("Target.createTarget", { url: "about:blank" });
const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
await call("Page.enable", {}, sessionId);
const loaded = event("Page.loadEventFired");
const { errorText } = await call("Page.navigate", { url }, sessionId);
if (errorText) throw new Error(`${url}: ${errorText}`);
await loaded;
const expression = `(async () => {${await text(process.stdin)}})()`;
const asked = { expression, awaitPromise: true, returnByValue: true };
const { result, exceptionDetails } = await call("Runtime.evaluate", asked, sessionId);
if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
console.log(JSON.stringify(result.value));
process.exit(0);
