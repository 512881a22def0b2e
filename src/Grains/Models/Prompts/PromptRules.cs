using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Templates;
using Steward.Errors;

namespace Steward.Models.Prompts;

/// <summary>What a prompt may be, what changed between two, and what becomes of one with values. Pure.</summary>
internal static partial class PromptRules
{
    private const int MaxText = 20_000;
    private const int MaxVariables = 50;
    private const int MaxLines = 2_000;
    private const int MaxValue = 100_000;

    /// <summary>Checks a version of a prompt.</summary>
    public static void Check(string name, PromptDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        Require(draft.Text is { Length: >= 1 and <= MaxText } && !string.IsNullOrWhiteSpace(draft.Text), "text", $"must have 1 to {MaxText:N0} characters and not be blank.");
        Require(draft.Text.Count(unit => unit == '\n') < MaxLines, "text", $"must have at most {MaxLines:N0} lines.");
        Require(draft.Note is { Length: <= 500 }, "note", "must have at most 500 characters.");
        Require(draft.Variables is { Count: <= MaxVariables } && draft.Variables.All(name => name is not null && Variable().IsMatch(name)), "variables", $"must be at most {MaxVariables} names of a letter and up to 39 letters, digits and underscores.");
        Require(draft.Variables.Distinct(StringComparer.Ordinal).Count() == draft.Variables.Count, "variables", "must not name one twice.");
        var used = TemplateText.Parse(draft.Text).Placeholders.Select(placeholder => Root(placeholder.Name)).ToHashSet(StringComparer.Ordinal);
        var undeclared = used.Except(draft.Variables).Order(StringComparer.Ordinal).ToList();
        var unused = draft.Variables.Except(used).Order(StringComparer.Ordinal).ToList();
        Require(undeclared.Count == 0, "variables", $"must name what the text uses: {string.Join(", ", undeclared)}.");
        Require(
            !name.StartsWith(RegisteredInstructions.Prefix, StringComparison.Ordinal) || draft.Variables.All(RegisteredInstructions.Variables.Contains),
            "variables",
            $"must be among {string.Join(", ", RegisteredInstructions.Variables)} for a prompt of an agent: runs know no others.");
        Require(unused.Count == 0, "variables", $"must not name what the text does not use: {string.Join(", ", unused)}.");
    }

    /// <summary>The text with values; what a value holds is never read as a placeholder.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c>: a value is missing, too long or of no variable.</exception>
    public static string Render(PromptDraft draft, IReadOnlyDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        foreach (var (name, value) in variables)
        {
            Require(draft.Variables.Contains(name), name, "is no variable of the prompt.");
            Require(value is { Length: <= MaxValue }, name, $"must have at most {MaxValue:N0} characters.");
        }

        var values = variables.ToDictionary(variable => variable.Key, variable => JsonSerializer.SerializeToElement(variable.Value), StringComparer.Ordinal);
        var text = TemplateText.Parse(draft.Text);
        try
        {
            return text.Render(name => values.TryGetValue(name, out var value) ? value : null)
                ?? throw StewardException.Invalid(text.Needed.First(name => !values.ContainsKey(name)), "has no value, and the prompt needs one.");
        }
        catch (FormatException exception)
        {
            throw StewardException.Invalid("variables", exception.Message);
        }
    }

    /// <summary>What changed, line by line: the longest common subsequence stays.</summary>
    public static IReadOnlyList<PromptLine> Diff(string from, string to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var (before, after) = (from.ReplaceLineEndings("\n").Split('\n'), to.ReplaceLineEndings("\n").Split('\n'));
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var k = after.Length - 1; k >= 0; k--)
            {
                common[i, k] = before[i] == after[k] ? common[i + 1, k + 1] + 1 : Math.Max(common[i + 1, k], common[i, k + 1]);
            }
        }

        var lines = new List<PromptLine>();
        for (var (i, k) = (0, 0); i < before.Length || k < after.Length;)
        {
            if (i < before.Length && k < after.Length && before[i] == after[k])
            {
                lines.Add(new PromptLine { Change = "same", Text = before[i++] });
                k++;
            }
            else if (i < before.Length && (k == after.Length || common[i + 1, k] >= common[i, k + 1]))
            {
                lines.Add(new PromptLine { Change = "removed", Text = before[i++] });
            }
            else
            {
                lines.Add(new PromptLine { Change = "added", Text = after[k++] });
            }
        }

        return lines;
    }

    private static string Root(string name) => name.Split('.', 2)[0];

    private static void Require(bool condition, string field, string allowed)
    {
        if (!condition)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
