/** English verbs, base form; "*" marks those whose past isn't made with -ed. Kind words only. */
export const ENGLISH_VERBS = `
tell* sell* smell spell yell sit* knit fit split* flit dream stream gleam beam seem repair compare prepare share care stare wear*
sing* bring* ring* swing* fling* cling* spring* wink drink* think* sink* blink shrink* link fly* cry try dry fry sigh rely reply
run* stun spin* win* grin begin* swim* trim skim jump bump pump plump walk talk chalk balk work laugh chuckle buckle
paint faint wait skate create float boat row grow* glow throw* know* show flow snow mow sew tow follow swallow wallow borrow
sleep* creep* keep* sweep* weep* leap peep beep heap read* need feed* lead* weed knead plead play stay pray say* pay* sway spray
write* bite* invite ride* glide slide* hide* decide guide bake make* take* wake* shake* rake cook look hook book cool
sail mail nail fail trail hail whale climb rhyme time chime stand* land hand band sand dance prance glance listen glisten christen
whisper whistle wrestle rustle bustle hustle mumble tumble rumble grumble stumble crumble juggle snuggle giggle wiggle jiggle tickle pickle trickle
wander wonder thunder ponder flutter mutter stutter clutter butter gather lather carry marry tarry hurry worry scurry tidy copy study
open close lose* use choose* snooze cruise move groove love shove give* live hug tug shrug drum hum plan fan scan can
fish wish swish push wash watch catch* match scratch stretch fetch sketch polish visit travel tremble assemble resemble bubble cuddle huddle paddle muddle
fix mix chase race trace place face pace pull pool roll stroll call fall* hop shop drop stop pop mop chop flip skip sip slip tip dip
feel* heal peel kneel* wheel visit treat greet meet* eat* heat build* fill spill thrill chill drill grill weigh weave* wave save shave
`;

/** English adjectives. Kind words only. */
export const ENGLISH_ADJECTIVES = `
old cold bold gold small tall young strong long round brown big pink blue new few true red bright light white right slight quite green clean keen lean mean
sweet neat fleet warm calm soft loud proud cloudy rowdy sunny funny windy sandy handy tiny shiny rainy brainy grainy sleepy creepy weepy heavy ready steady happy snappy dry shy sly high
dark deep steep cheap quick thick slick fast vast last kind fine rare fair spare square clear dear near gentle little brittle simple nimble humble quiet
silver golden wooden silent ancient patient yellow mellow hollow shallow narrow grey great late pale wide wild mild empty pretty witty gritty misty twisty rusty dusty crusty lazy hazy dizzy busy fuzzy fizzy jolly hungry angry curious furious glorious
`;

/** Small English words that a whisper loses first. */
export const ENGLISH_SMALL_WORDS = `
very really quite just still even always again almost rather only already somewhat often sometimes suddenly quietly slowly secretly finally
`;
