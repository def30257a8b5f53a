import type { OpenReview } from '../../app/reviews.ts';
import { cleanAll, cleanLine } from './clean.ts';
import type { DrawOptions } from './style.ts';
import { phrasesOf } from './words.ts';

/** Questions one below the other: what is asked, what can be answered, until when. */
export function drawReviews(items: readonly OpenReview[], options: DrawOptions): string {
  const { style } = options;
  const { words, moment } = phrasesOf(options.language);
  if (items.length === 0) return `${words.nothing.reviews}\n`;
  const blocks = cleanAll(items).map(({ runId, stepPath, config, question, options: choices, ...more }) => {
    const { byDefault, byOther, expiresAt } = more;
    const conditions = [
      expiresAt === null ? [] : `${words.review.until} ${moment(expiresAt)}`,
      byDefault === null ? [] : `${words.review.byDefault} ${byDefault}`,
      byOther ? words.review.byOther : [],
    ].flat();
    return [
      `${style.strong(runId)} ${style.dim(`${config} ${style.marks.dot} ${stepPath}`)}`,
      `  ${cleanLine(question)}`,
      `  ${style.hand(choices.join(' / '))}${conditions.length === 0 ? '' : style.dim(`  ${conditions.join(', ')}`)}`,
    ].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}
