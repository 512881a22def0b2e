using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>How much two fields are alike, from 0 to 1: words in common (with what different systems call the same), letters (Jaro and Winkler), surroundings and types.</summary>
internal static class FieldSimilarity
{
    // What the systems of companies call the same thing. The first of each line stands for all.
    private static readonly Dictionary<string, string> Same = Groups(
        "summary subject title headline",
        "description body text detail details content notes",
        "assignee assigned owner agent",
        "reporter requester caller submitter creator author requested raised contact",
        "status state stage",
        "created opened inserted creation",
        "updated modified changed",
        "resolved closed completed solved resolution",
        "phone telephone mobile tel",
        "email mail",
        "company organization organisation account employer",
        "group team queue",
        "type category kind issuetype",
        "first given forename",
        "last family surname",
        "department division",
        "manager supervisor",
        "due deadline",
        "label labels tag tags",
        "zip postal postcode",
        "street address",
        "hire hired start",
        "id identifier key number sys",
        "priority urgency",
        "comment comments note worknote",
        "login username user account",
        "position job role");

    private static readonly HashSet<string> References = new(StringComparer.Ordinal) { "id", "key", "accountId", "value", "name", "displayName", "display_value", "label", "body", "score" };

    private static readonly HashSet<string> Filler = new(StringComparer.Ordinal) { "the", "of", "at", "on", "by", "to", "is", "date", "time", "value", "fields", "attributes", "attribute", "data", "u", "c", "field", "content" };

    /// <summary>How much two paths are alike by their names alone.</summary>
    public static double OfNames(string left, string right)
    {
        var (a, b) = (Named.Of(left), Named.Of(right));
        return Name(a, b);
    }

    /// <summary>How much two fields are alike.</summary>
    public static double Of(SchemaField left, SchemaField right) => Of(left, Named.Of(left.Path), right, Named.Of(right.Path));

    internal static double Of(SchemaField left, Named a, SchemaField right, Named b)
    {
        var name = Name(a, b);
        var words = Dice(Described(left, a), Described(right, b));
        var context = Dice(a.Context, b.Context);
        var score = Math.Min(1, (0.72 * name) + (0.22 * words) + (0.06 * context));
        if (left.Format is not null && left.Format == right.Format)
        {
            score = Math.Min(1, score + 0.04);
        }

        // A text can take the place of most things; a list or an object cannot.
        return (left.Types & right.Types) != 0 ? score
            : (left.Types & ValueTypes.Scalar) != 0 && (right.Types & ValueTypes.Scalar) != 0 ? score * 0.85
            : score * 0.5;
    }

    /// <summary>The similarity of Jaro and Winkler, with its usual prefix of 4 and weight of 0.1.</summary>
    public static double JaroWinkler(string left, string right)
    {
        if (left.Length == 0 || right.Length == 0)
        {
            return left.Length == right.Length ? 1 : 0;
        }

        var window = Math.Max(0, (Math.Max(left.Length, right.Length) / 2) - 1);
        var (leftHit, rightHit) = (new bool[left.Length], new bool[right.Length]);
        var matches = 0;
        for (var i = 0; i < left.Length; i++)
        {
            for (var j = Math.Max(0, i - window); j <= Math.Min(right.Length - 1, i + window); j++)
            {
                if (!rightHit[j] && left[i] == right[j])
                {
                    leftHit[i] = rightHit[j] = true;
                    matches++;
                    break;
                }
            }
        }

        if (matches == 0)
        {
            return 0;
        }

        var (transpositions, at) = (0, 0);
        for (var i = 0; i < left.Length; i++)
        {
            if (leftHit[i])
            {
                while (!rightHit[at])
                {
                    at++;
                }

                transpositions += left[i] == right[at++] ? 0 : 1;
            }
        }

        double m = matches;
        var jaro = ((m / left.Length) + (m / right.Length) + ((m - (transpositions / 2.0)) / m)) / 3;
        var prefix = left.Zip(right).TakeWhile(pair => pair.First == pair.Second).Take(4).Count();
        return jaro + (prefix * 0.1 * (1 - jaro));
    }

    private static double Name(Named a, Named b)
    {
        if (a.Joined == b.Joined)
        {
            return 1;
        }

        var letters = JaroWinkler(a.Joined, b.Joined);
        return Math.Max(Dice(a.Words, b.Words), 0) * 0.75 + (letters > 0.8 ? letters : letters * 0.5) * 0.25;
    }

    private static HashSet<string> Described(SchemaField field, Named name) =>
        [.. name.Words, .. ImportText.Words(ImportText.Trim((field.Title ?? "") + " " + (field.Description ?? ""), 160)).Where(word => word.Length > 2 && !Filler.Contains(word)).Select(word => Same.GetValueOrDefault(word, word))];

    private static double Dice(HashSet<string> left, HashSet<string> right) => left.Count + right.Count == 0 ? 0 : 2.0 * left.Count(right.Contains) / (left.Count + right.Count);

    private static Dictionary<string, string> Groups(params string[] lines)
    {
        var same = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var words in lines.Select(line => line.Split(' ')))
        {
            foreach (var word in words)
            {
                same.TryAdd(word, words[0]);
            }
        }

        return same;
    }

    /// <summary>A path, taken apart once.</summary>
    internal sealed record Named(HashSet<string> Words, HashSet<string> Context, string Joined)
    {
        public static Named Of(string path)
        {
            var parts = ValuePath.Split(path).Where(part => part != "*").ToList();
            // A reference's own value says nothing; what it refers to does: assignee.id, requester.value.
            var last = Math.Max(0, parts.Count > 1 && References.Contains(parts[^1]) ? parts.Count - 2 : parts.Count - 1);
            var own = parts.Count == 0 ? [] : ImportText.Words(parts[last]).ToList();
            if (last < parts.Count - 1 && own is ["fields" or "attributes" or "profile"])
            {
                own = [.. ImportText.Words(parts[^1])];
            }

            // Words that some systems write together, and ends that only say of what form the value is.
            own = [.. own.Select(word => word.Length > 6 && word.EndsWith("date", StringComparison.Ordinal) ? word[..^4] : word)];
            if (own is ["short", "description"])
            {
                own = ["summary"];
            }
            else if (own is [_, .., "id"])
            {
                own.RemoveAt(own.Count - 1);
            }

            var words = own.Where(word => !Filler.Contains(word)).DefaultIfEmpty(own.Count > 0 ? own[0] : "").Select(word => Same.GetValueOrDefault(word, word)).ToHashSet(StringComparer.Ordinal);
            return new Named(words, [.. parts.Take(last).SelectMany(ImportText.Words).Where(word => !Filler.Contains(word)).Select(word => Same.GetValueOrDefault(word, word))], string.Concat(own));
        }
    }
}
