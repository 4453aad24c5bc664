// Times nodemailer's composer: reads letters as JSON, writes CPU seconds per letter.
import MailComposer from "nodemailer/lib/mail-composer/index.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const letters = JSON.parse(Buffer.concat(chunks).toString("utf8"));

const build = (letter) =>
  new Promise((resolve, reject) => {
    const mail = { from: "Morning Papers <digest@example.org>", textEncoding: "quoted-printable", ...letter };
    new MailComposer(mail).compile().build((error, message) => (error ? reject(error) : resolve(message)));
  });

for (const letter of letters.slice(0, 20)) await build(letter);
const started = process.cpuUsage();
for (const letter of letters) await build(letter);
const used = process.cpuUsage(started);
const seconds = (used.user + used.system) / 1e6;
console.log(JSON.stringify({ seconds_per_letter: seconds / letters.length }));
