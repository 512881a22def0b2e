namespace Steward.Engines.Connectors.Salesforce;

/// <summary>Text inside SOQL (https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm).</summary>
internal static class Soql
{
    /// <summary>A string literal that stands for exactly the given text.</summary>
    public static string Quote(string value) => $"'{Escape(value)}'";

    /// <summary>A pattern for LIKE that matches what contains the given text; its wildcards stand for themselves.</summary>
    public static string Contains(string value) =>
        $"'%{Escape(value).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%'";

    private static string Escape(string value) => string.Concat(value.Select(character => character switch
    {
        '\\' => "\\\\",
        '\'' => "\\'",
        '"' => "\\\"",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ when char.IsControl(character) => " ",
        _ => character.ToString(),
    }));
}
