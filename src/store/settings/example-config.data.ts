/** The config that `stemma init` puts down: small, complete, to be changed. */
export const EXAMPLE_CONFIG = `# A config of your own. Its id is the file's name: stemma run my-first "A street in the rain"
# Change the texts, save, run again. \`stemma configs validate\` says what does not fit, and where.
name: { en: My first interception, de: Mein erstes Umschreiben }
description:
  en: Only what can be seen and built remains.
  de: Es bleibt nur, was man sehen und bauen kann.

# How the steps follow each other; the shipped ones are text-to-media, text-to-text and stille-post.
pipeline: text-to-media

# The kind of rewriting, and the style text that people see and may edit.
instruction: transformation
context:
  en: Tell it from the view of somebody who is very small. Everything is huge, slow and a little wet.
  de: Erzähle es aus der Sicht von jemandem, der sehr klein ist. Alles ist riesig, langsam und ein wenig nass.

# Without a model, the offline provider follows a procedure instead: cut-up, reduce-to-form, telephone, unchanged.
procedure: reduce-to-form

# iterations: how often the text is rewritten. style: how the picture is composed offline.
parameters: { iterations: 1, style: bauhaus }

# One or several outputs; each is made and checked by itself.
outputs: [image, text]

display: { order: 100, difficulty: 1, minAge: 8 }
`;
