/** German verbs as "infinitive third-person": what is often heard for one another. Kind words only. */
export const GERMAN_VERBS = `
sitzen sitzt, flitzen flitzt, schwitzen schwitzt, schnitzen schnitzt, blitzen blitzt, spitzen spitzt, nützen nützt, putzen putzt, stutzen stutzt, träumen träumt, räumen räumt, schäumen schäumt, säumen säumt
malen malt, strahlen strahlt, prahlen prahlt, zahlen zahlt, singen singt, springen springt, klingen klingt, bringen bringt, schwingen schwingt, winken winkt, trinken trinkt, blinken blinkt, sinken sinkt
kaufen kauft, schnaufen schnauft, laufen läuft, fliegen fliegt, biegen biegt, wiegen wiegt, siegen siegt, liegen liegt, kriegen kriegt, lachen lacht, machen macht, wachen wacht, kochen kocht, pochen pocht, suchen sucht, buchen bucht
reisen reist, kreisen kreist, speisen speist, weisen weist, reiten reitet, gleiten gleitet, leiten leitet, warten wartet, starten startet, basteln bastelt, rasseln rasselt, wackeln wackelt, fackeln fackelt, sammeln sammelt, murmeln murmelt, turnen turnt
tanzen tanzt, pflanzen pflanzt, tauchen taucht, rauschen rauscht, lauschen lauscht, tauschen tauscht, plaudern plaudert, zaubern zaubert, zögern zögert, rudern rudert, plätschern plätschert, klettern klettert, blättern blättert, schmettern schmettert, füttern füttert
stehen steht, gehen geht, drehen dreht, wehen weht, sehen sieht, ziehen zieht, blühen blüht, glühen glüht, mähen mäht, nähen näht, krähen kräht, erzählen erzählt, zählen zählt, wählen wählt, fehlen fehlt, schlafen schläft, rufen ruft, üben übt, heben hebt, leben lebt, weben webt, kleben klebt, schweben schwebt, geben gibt
reparieren repariert, rasieren rasiert, spazieren spaziert, musizieren musiziert, probieren probiert, frieren friert, verzieren verziert, riechen riecht, kriechen kriecht, lesen liest, niesen niest, gießen gießt, genießen genießt, fließen fließt, schließen schließt, grüßen grüßt
essen isst, messen misst, vergessen vergisst, schreiben schreibt, treiben treibt, reiben reibt, bleiben bleibt, finden findet, binden bindet, winden windet, landen landet, stranden strandet, baden badet, laden lädt, backen backt, packen packt, knacken knackt, hacken hackt, wecken weckt, stecken steckt, strecken streckt, schmecken schmeckt, decken deckt, necken neckt
`;

/** German adjectives (stems that take endings without changing). Kind words only. */
export const GERMAN_ADJECTIVES = `
alt kalt halb klein fein rein weich reich bleich gleich groß bloß neu treu scheu laut blau grau schlau genau nass blass rot froh roh grün kühn schön dünn rund bunt gesund lang jung warm zart apart leicht seicht still hell schnell grell tief schief lieb trüb müd wild mild mutig lustig luftig duftig durstig ruhig stachelig wackelig sonnig wonnig windig wendig flink frisch frech echt recht weit breit bereit nett satt glatt matt platt leer schwer sanft süß weiß heiß leis weise rosig riesig wichtig richtig tüchtig flüchtig prächtig mächtig
`;

/** Small German words that a whisper loses first. */
export const GERMAN_SMALL_WORDS = `
sehr ganz noch schon auch immer wieder gerade eben wohl gern gerne fast sogar nur etwas ziemlich wirklich langsam leise heimlich oft manchmal plötzlich endlich
`;
