using System.Collections.Frozen;

namespace Steward.Engines.Models.Caching;

/// <summary>What the checker of questions knows of English and German words, all in lower case.</summary>
internal static class QuestionWords
{
    /// <summary>Words whose presence says nothing about what is asked.</summary>
    public static readonly FrozenSet<string> Soft = Set(
        """
        a an the please kindly thanks thank hi hello hey dear so just simply really quite very actually basically then there here oh well okay ok sorry
        i we you it its me us am is are was be been being do does did have has had will would could shall
        of on at and s re can may ve ll d m t possible able like want wanted wants need needed needs wish try trying tried seem seems
        help assist tell know let get getting got give question wondering wonder anyone somebody someone quickly urgent urgently asap good
        der die das den dem des ein eine einen einem einer eines bitte danke hallo guten moin liebe lieber sehr einfach eigentlich mal doch halt eben denn
        ich wir du sie er es man ist sind war sein bin bist hat habe haben hatte wird werden würde würden möchte möchten will wollen brauche brauchen
        und im am auf kann können könnte an zum zur hilfe helfen sagen wissen geben gerne gern dringend schnell
        """);

    /// <summary>Words before the sentence proper.</summary>
    public static readonly FrozenSet<string> Greetings = Set("hello hi hey dear please kindly thanks thank hallo moin guten bitte danke");

    /// <summary>Words that turn a sentence round. How many of them there are has to agree.</summary>
    public static readonly FrozenSet<string> Negations = Set(
        """
        not no never none nobody nothing without neither nor cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt hasnt havent hadnt mustnt unable
        nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder noch
        """);

    /// <summary>What comes after these has a part to play: from here, to there, instead of that.</summary>
    public static readonly FrozenDictionary<string, string> Roles = new Dictionary<string, string>
    {
        ["from"] = "source", ["von"] = "source", ["aus"] = "source", ["vom"] = "source", ["to"] = "target", ["into"] = "target", ["onto"] = "target", ["nach"] = "target", ["zu"] = "target",
        ["than"] = "comparand", ["als"] = "comparand", ["instead"] = "comparand", ["statt"] = "comparand", ["anstatt"] = "comparand", ["with"] = "instrument", ["by"] = "instrument", ["durch"] = "instrument",
        ["mit"] = "instrument", ["gegen"] = "instrument", ["for"] = "beneficiary", ["für"] = "beneficiary", ["before"] = "before", ["vor"] = "before", ["after"] = "after", ["in"] = "place",
        ["until"] = "until", ["bis"] = "until", ["since"] = "since", ["seit"] = "since", ["under"] = "under", ["unter"] = "under", ["over"] = "over", ["über"] = "over",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Roles that say something even without the word after them.</summary>
    public static readonly FrozenSet<string> TellingRoles = Set("comparand before after until since under over source");

    /// <summary>Different ways of saying one thing.</summary>
    public static readonly FrozenDictionary<string, string> Synonyms = Groups(
        "password passwords pw pwd passwort kennwort passwörter",
        "reset resetting zurücksetzen zurückzusetzen",
        "login signin logon anmelden einloggen anmeldung",
        "laptop laptops notebook notebooks",
        "email emails mail mails e-mail e-mails",
        "pc computer computers rechner",
        "phone telephone smartphone mobile handy telefon",
        "buy purchase kaufen",
        "fix repair reparieren",
        "begin start anfangen starten",
        "app apps application applications anwendung",
        "photo picture bild foto",
        "error fehler",
        "issue problem problems issues trouble problem",
        "wi-fi wifi wlan",
        "cancel stornieren",
        "modify alter change ändern",
        "delete löschen",
        "locate find finden",
        "company firm firma unternehmen",
        "colleague coworker kollege",
        "boss manager supervisor chef",
        "documentation docs dokumentation");

    /// <summary>Words of doing, which may stand anywhere in a question without a change of its meaning.</summary>
    public static readonly FrozenSet<string> Actions = Set(
        """
        reset change create open install uninstall request order update upgrade set setup configure find locate connect use add remove delete buy cancel activate block unlock lock renew transfer fix begin
        login access check show see view submit close report return replace print scan share send forward book modify enable disable work fail
        zurücksetzen ändern erstellen öffnen installieren beantragen bestellen aktualisieren einrichten konfigurieren verbinden benutzen nutzen hinzufügen entfernen löschen sperren entsperren drucken senden
        problem error
        """);

    /// <summary>Numbers in words.</summary>
    public static readonly FrozenDictionary<string, string> Numbers = NumberWords();

    /// <summary>How a question begins; <c>how many</c> and the like are two words.</summary>
    public static readonly FrozenDictionary<string, string> Kinds = new Dictionary<string, string>
    {
        ["how"] = "how", ["wie"] = "how", ["what"] = "what", ["whats"] = "what", ["was"] = "what", ["why"] = "why", ["warum"] = "why", ["wieso"] = "why", ["weshalb"] = "why", ["when"] = "when", ["wann"] = "when", ["where"] = "where",
        ["wo"] = "where", ["wohin"] = "whither", ["woher"] = "whence", ["who"] = "who", ["wer"] = "who", ["wen"] = "whom", ["whom"] = "whom", ["wem"] = "to-whom", ["whose"] = "whose", ["wessen"] = "whose", ["which"] = "which", ["welche"] = "which",
        ["welcher"] = "which", ["welches"] = "which", ["can"] = "may", ["could"] = "may", ["may"] = "may", ["kann"] = "may", ["können"] = "may", ["könnte"] = "may", ["darf"] = "may", ["should"] = "should", ["soll"] = "should", ["sollte"] = "should",
        ["must"] = "must", ["muss"] = "must", ["is"] = "whether", ["are"] = "whether", ["does"] = "whether", ["do"] = "whether", ["did"] = "whether", ["has"] = "whether", ["have"] = "whether", ["ist"] = "whether", ["sind"] = "whether",
        ["hat"] = "whether", ["gibt"] = "whether", ["funktioniert"] = "whether",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Kinds that a question has wherever the word stands: "could you tell me how …" asks how.</summary>
    public static readonly FrozenSet<string> AskedAnywhere = Set("how what why when where whither whence who whom to-whom whose which");

    /// <summary>What makes <c>how</c> and <c>wie</c> another question.</summary>
    public static readonly FrozenSet<string> Measures = Set("many much long often far old big large soon viele viel lange oft weit alt groß bald");

    /// <summary>Whose.</summary>
    public static readonly FrozenSet<string> Possessives = Set(
        "my mine our ours your yours his her hers their theirs mein meine meinen meinem meiner meines unser unsere unseren unserem unserer dein deine deinen deinem deiner ihr ihre ihren ihrem ihrer seine seinen seinem seiner myself mich mir uns");

    /// <summary>Words that only one of the languages has.</summary>
    public static readonly FrozenSet<string> English = Set("the is are was how what why when where who which my your our please can could should does do did not and or for from with to of this that have has i you we it");

    /// <summary>Words that only one of the languages has.</summary>
    public static readonly FrozenSet<string> German = Set(
        "der die das den dem ein eine einen einem ist sind wie warum wann wo wer welche mein meine meinen meiner unser bitte kann können nicht kein keine und oder für von mit zu ich du wir sie es habe hat im auf funktioniert geht");

    private static FrozenSet<string> Set(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static FrozenDictionary<string, string> Groups(params string[] groups) => groups
        .SelectMany(group => group.Split(' ') is var words ? words.Select(word => (word, first: words[0])) : [])
        .DistinctBy(pair => pair.word)
        .ToFrozenDictionary(pair => pair.word, pair => pair.first, StringComparer.Ordinal);

    private static FrozenDictionary<string, string> NumberWords()
    {
        string[] lists =
        [
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty",
            "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig",
        ];
        var numbers = lists.SelectMany(list => list.Split(' ').Select((word, value) => (word, value: value.ToString(System.Globalization.CultureInfo.InvariantCulture)))).ToDictionary(pair => pair.word, pair => pair.value);
        foreach (var (word, value) in new[] { ("thirty", "30"), ("forty", "40"), ("fifty", "50"), ("sixty", "60"), ("ninety", "90"), ("hundred", "100"), ("thousand", "1000"), ("dreißig", "30"), ("vierzig", "40"), ("fünfzig", "50"), ("hundert", "100"), ("tausend", "1000"), ("once", "1x"), ("twice", "2x"), ("einmal", "1x"), ("zweimal", "2x") })
        {
            numbers[word] = value;
        }

        return numbers.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
