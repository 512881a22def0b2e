using System.Text;

namespace Steward.Engines.Models.Caching;

/// <summary>
/// What two questions have to have in common before their meanings are compared: language, kind of question, numbers with their signs and units, names, dates, negations, whose, and who does what to whom. It is careful by
/// default: a word in which they differ has to be known as harmless, or as another way of saying the same. So names need not be recognised as such. Immutable.
/// </summary>
internal sealed class QuestionFacts
{
    private readonly string[] _order;
    private readonly (string Role, string Word)[] _roles;

    private QuestionFacts(string canonical, string[] order, (string Role, string Word)[] roles, bool isPersonal)
    {
        (Canonical, _order, _roles, IsPersonal) = (canonical, order, roles, isPersonal);
        Bytes = (2L * canonical.Length) + (48L * (order.Length + roles.Length)) + order.Sum(word => 2L * word.Length);
    }

    /// <summary>What has to be equal, as one text.</summary>
    public string Canonical { get; }

    /// <summary>Whether it is about whoever asks, or somebody near.</summary>
    public bool IsPersonal { get; }

    /// <summary>The memory that it takes, about.</summary>
    public long Bytes { get; }

    /// <summary>Reads a question.</summary>
    public static QuestionFacts Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Of(QuestionToken.Read(text));
    }

    /// <summary>Takes a question that was read.</summary>
    public static QuestionFacts Of(IReadOnlyList<QuestionToken> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var language = Language(tokens);
        var (kindAt, kind) = KindOf(tokens, language);
        var (content, marks, roles) = (new List<string>(), new List<string>(), new List<(string, string)>());
        var (negations, role, possessives) = (0, (string?)null, new SortedSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var word = token.Text;
            if (token.IsExact)
            {
                // Numbers and signs stay in their order.
                marks.Add(role is null ? word : $"{role}:{word}");
                role = null;
            }
            else if (QuestionWords.Negations.Contains(word))
            {
                negations++;
            }
            else if (QuestionWords.Possessives.Contains(word))
            {
                possessives.Add(QuestionStem.Of(word));
            }
            else if (QuestionWords.Roles.TryGetValue(word, out var named) && !token.IsName)
            {
                role = named;
                if (QuestionWords.TellingRoles.Contains(named))
                {
                    content.Add("#" + named);
                }
            }
            else if (QuestionWords.Numbers.TryGetValue(word, out var number))
            {
                marks.Add(role is null ? number : $"{role}:{number}");
                role = null;
            }
            else if (token.IsName || (i != kindAt && !QuestionWords.Soft.Contains(word)))
            {
                var stem = QuestionWords.Synonyms.TryGetValue(word, out var synonym) ? synonym : QuestionStem.Of(word);
                content.Add(token.IsName && QuestionWords.Soft.Contains(word) ? "^" + stem : stem);
                if (role is not null)
                {
                    roles.Add((role, stem));
                    role = null;
                }
            }
        }

        var canonical = new StringBuilder();
        canonical.Append(language).Append('|').Append(kind).Append('|').Append(negations).Append('|').AppendJoin(' ', possessives).Append('|').AppendJoin(' ', marks).Append('|')
            .AppendJoin(' ', content.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        return new QuestionFacts(canonical.ToString(), [.. content.Where(word => word[0] != '#')], [.. roles.Distinct()], possessives.Count > 0 || tokens.Any(token => token.IsAddress));
    }

    /// <summary>Whether nothing that matters differs.</summary>
    public bool AgreesWith(QuestionFacts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Canonical == other.Canonical && RolesAgree(other) && OrderAgrees(other);
    }

    // "From A to B" is not "from B to A"; a role that one of them leaves out says nothing.
    private bool RolesAgree(QuestionFacts other)
    {
        foreach (var role in _roles.Select(pair => pair.Role).Distinct())
        {
            var theirs = other._roles.Where(pair => pair.Role == role).Select(pair => pair.Word).ToHashSet(StringComparer.Ordinal);
            if (theirs.Count > 0 && !theirs.SetEquals(_roles.Where(pair => pair.Role == role).Select(pair => pair.Word)))
            {
                return false;
            }
        }

        return true;
    }

    // "Can Anna approve Ben" is not "can Ben approve Anna"; "reset the password" and "password reset" are one.
    private bool OrderAgrees(QuestionFacts other)
    {
        static IEnumerable<string> Things(string[] words) => words.Where(word => !QuestionWords.Actions.Contains(word));
        return Things(_order).SequenceEqual(Things(other._order), StringComparer.Ordinal);
    }

    // Where the question's kind is said, and what it is.
    private static (int At, string Kind) KindOf(IReadOnlyList<QuestionToken> tokens, string language)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (QuestionWords.Kinds.TryGetValue(tokens[i].Text, out var kind) && QuestionWords.AskedAnywhere.Contains(kind) && !(tokens[i].Text == "was" && language == "en"))
            {
                return (i, kind == "how" && i + 1 < tokens.Count && QuestionWords.Measures.Contains(tokens[i + 1].Text) ? "how-" + tokens[i + 1].Text : kind);
            }
        }

        for (var i = 0; i < tokens.Count; i++)
        {
            if (QuestionWords.Kinds.TryGetValue(tokens[i].Text, out var kind) && kind != "what")
            {
                return (i, kind);
            }

            if (!QuestionWords.Soft.Contains(tokens[i].Text))
            {
                break;
            }
        }

        return (-1, "said");
    }

    private static string Language(IReadOnlyList<QuestionToken> tokens)
    {
        var (english, german) = (tokens.Count(token => QuestionWords.English.Contains(token.Text)), tokens.Count(token => QuestionWords.German.Contains(token.Text)));
        return english > german ? "en" : german > english ? "de" : "?";
    }
}
