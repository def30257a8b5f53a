/** Words that hold a sentence together and name nothing. Lower case, parted by spaces. */
export const GERMAN_FUNCTION_WORDS = `
der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner und oder aber denn doch sondern sowie dass weil wenn als wie ob obwohl damit bevor nachdem während
ich du er sie es wir ihr mich dich sich uns euch ihm ihn ihnen mir dir mein meine meinen meinem meiner meines dein deine deinen deinem deiner deines sein seine seinen seinem seiner seines ihre ihren ihrem ihrer ihres unser unsere unseren unserem unserer euer eure euren eurem eurer
dieser diese dieses diesen diesem jener jene jenes jeder jede jedes jeden jedem man jemand niemand etwas nichts alles alle allen viel viele vielen wenig wenige mehr manche manchmal einige
in im ins an am ans auf aufs unter über vor vorm hinter neben zwischen bei beim mit nach von vom zu zum zur aus für gegen ohne um durch durchs bis seit trotz wegen gegenüber
ist sind war waren bin bist seid sei wird werden wurde wurden worden hat haben habe hast hatte hatten kann können konnte muss müssen soll sollen will wollen darf dürfen mag möchte möchten lässt
nicht nie niemals nur noch schon auch sehr so ganz gar ja nein da dort hier dann nun jetzt immer wieder oft einmal heute gestern morgen bald was wer wen wem wo wann warum wohin woher
`;

export const ENGLISH_FUNCTION_WORDS = `
the a an and or but nor so yet if because while when as than that though although before after until since whether
i you he she it we they me him her us them my your his its our their mine yours hers ours theirs myself yourself himself herself itself ourselves themselves
this these those some any no every each all both many much few more most other another such what which who whom whose where why how something nothing everything someone nobody everyone
in on at by for from of to with without into onto over under above below beside besides behind between among through across along around near about against inside outside up down off out upon towards toward past during
is are was were be been being am has have had having do does did can could will would shall should may might must let
not never only still also very just too quite here there then now again always often once soon today yesterday tomorrow
`;

/** Words that alone make a text German: few other languages write them. */
export const GERMAN_SIGNS = `
und ist das eine einen einem einer nicht auf dem vom ich zum zur wir sich auch für mein meine meinen meiner dein deine kein keine über bei nach wird sind aber oder beim ins ihre ihren seine seinen unser unsere wenn dass weil war durch zwischen hinter
`;
/** Words that fit German, but other languages too. */
export const GERMAN_HINTS = 'der die den des ein mit von in im am an aus wie er es sie was du so zu hat alle vor';

export const ENGLISH_SIGNS = `
the and with from my his she they this that your our their about what when where are were have not into which because while who through would could should there under every
`;
export const ENGLISH_HINTS = 'is in on a an to for it at was i we me of he her has by as its you but over do no so';
