// html-validate over the files named; writes the messages as JSON.
import { HtmlValidate } from "html-validate";

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended", "html-validate:a11y"],
  rules: JSON.parse(process.argv[2]),
});
const found = [];
for (const file of process.argv.slice(3)) {
  const report = await validator.validateFile(file);
  for (const result of report.results)
    for (const m of result.messages)
      found.push({ file, rule: m.ruleId, line: m.line, column: m.column, message: m.message });
}
console.log(JSON.stringify(found));
