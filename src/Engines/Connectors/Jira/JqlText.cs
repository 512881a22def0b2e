namespace Steward.Engines.Connectors.Jira;

/// <summary>Text inside JQL.</summary>
public static class JqlText
{
    /// <summary>
    /// A JQL string literal that stands for exactly the given text, whatever it contains. To be used wherever a text that a person or a
    /// model wrote becomes part of a query.
    /// </summary>
    public static string Quote(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return "\"" + string.Concat(value.Select(character => character switch
        {
            '\\' => "\\\\",
            '"' => "\\\"",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ when char.IsControl(character) => " ",
            _ => character.ToString(),
        })) + "\"";
    }
}
