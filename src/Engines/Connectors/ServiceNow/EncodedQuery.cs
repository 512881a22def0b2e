using System.Text;
using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors.ServiceNow;

/// <summary>
/// An encoded query (<c>active=true^caller_id.email=…</c>). The caret separates conditions, and a value that starts with
/// <c>javascript:</c> is run by the instance as a script: neither is let through in a value.
/// </summary>
internal sealed class EncodedQuery
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a condition whose value is a constant of the code.</summary>
    public EncodedQuery And(string condition)
    {
        _text.Append(_text.Length == 0 ? "" : "^").Append(condition);
        return this;
    }

    /// <summary>Adds <c>field=value</c>.</summary>
    /// <param name="field">The column, a constant of the code.</param>
    /// <param name="value">Any text.</param>
    /// <param name="argument">The argument that it came from.</param>
    public EncodedQuery Is(string field, string value, string argument) => And($"{field}={Checked(value, argument)}");

    /// <summary>Adds that one of several columns contains a text.</summary>
    public EncodedQuery AnyContains(string value, string argument, params ReadOnlySpan<string> fields)
    {
        // "^OR" binds to the condition before it, so the group is one condition of the whole.
        var text = Checked(value, argument);
        And($"{fields[0]}LIKE{text}");
        foreach (var field in fields[1..])
        {
            _text.Append("^OR").Append(field).Append("LIKE").Append(text);
        }

        return this;
    }

    public override string ToString() => _text.ToString();

    private static string Checked(string value, string argument)
    {
        if (value.Contains('^', StringComparison.Ordinal) || value.Any(char.IsControl))
        {
            throw OutcomeException.Invalid(argument, "must not contain '^' or control characters.");
        }

        return value.Contains("javascript:", StringComparison.OrdinalIgnoreCase)
            ? throw OutcomeException.Invalid(argument, "must not contain 'javascript:'.")
            : value;
    }
}
