using System.Collections.Frozen;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>Finds how long an answer stays true: what the caller says comes first, rules about the words second. In doubt the shorter class.</summary>
internal static class AnswerClassifier
{
    private static readonly FrozenSet<string> Passing = Set(
        """
        today tonight tomorrow yesterday now currently current latest recent recently status outage down offline online live open opened pending queue ticket tickets incident incidents week month news weather price prices
        monday tuesday wednesday thursday friday saturday sunday schedule available availability still yet already
        heute morgen gestern jetzt aktuell aktuelle aktuellen derzeit gerade neueste status störung ausfall ticket tickets woche monat preis preise verfügbar noch schon
        montag dienstag mittwoch donnerstag freitag samstag sonntag
        """);

    private static readonly string[] Definitions =
        ["what is a ", "what is an ", "what is the difference between ", "what does ", "what are ", "define ", "explain what ", "meaning of ", "was ist ein ", "was ist eine ", "was bedeutet ", "was heißt ", "was versteht man unter ", "was ist der unterschied zwischen "];

    private static readonly FrozenSet<string> OfMe = Set("my mine our ours me myself mein meine meinen meinem meiner meines unser unsere unseren unserem unserer mir mich uns his her their seine ihre seinen ihren");

    public static AnswerClass Classify(ModelCall call, CacheScope scope)
    {
        if (call.Origin.Cache.Class is { } named)
        {
            return named;
        }

        var last = LastOfUser(call.Request.Messages);
        var words = call.WordsOf(last.Length > 2000 ? last[..2000] : last);
        var concernsPerson = words.Any(word => word.IsAddress || OfMe.Contains(word.Text));
        if (concernsPerson)
        {
            return scope.IsPerson ? AnswerClass.Dynamic : AnswerClass.Personal;
        }

        // What tools found, or would have found, was true when they looked; an identifier or a date is of something that moves.
        return call.Request.Tools.Count > 0 || call.Request.Messages.Any(message => message.Role == ChatRole.Tool) || words.Any(word => Passing.Contains(word.Text) || IsIdentifier(word)) ? AnswerClass.Dynamic
            : IsDefinition(last) ? AnswerClass.Static
            : AnswerClass.Standard;
    }

    private static bool IsIdentifier(QuestionToken word) => word.IsExact && word.Text.Length >= 4 && word.Text.Any(char.IsDigit);

    private static bool IsDefinition(string text)
    {
        var trimmed = text.Trim();
        return trimmed.Length <= 200 && Definitions.Any(beginning => trimmed.StartsWith(beginning, StringComparison.OrdinalIgnoreCase));
    }

    private static string LastOfUser(IReadOnlyList<ChatMessage> messages)
    {
        for (var i = messages.Count - 1; i >= 0; i--)
        {
            if (messages[i].Role == ChatRole.User)
            {
                return messages[i].Text;
            }
        }

        return "";
    }

    private static FrozenSet<string> Set(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
