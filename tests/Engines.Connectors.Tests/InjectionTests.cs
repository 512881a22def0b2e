using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Jira;
using Steward.Engines.Connectors.Okta;
using Steward.Engines.Connectors.Salesforce;
using Steward.Engines.Connectors.ServiceNow;

namespace Steward.Engines.Connectors.Tests;

/// <summary>Each query language is read back the way its product reads it: what was one text must be one text.</summary>
public sealed class InjectionTests
{
    // Texts that are mostly made of what the languages use as syntax.
    private static Arbitrary<string> Hostile => Gen.ListOf(Gen.OneOf(
            Gen.Elements("'", "\"", "\\", "^", "%", "_", "\n", "\r", "\t", "^OR", "^NQ", " OR ", "' OR '1'='1", "\" or status eq \"", "\\'", "\\\"", "=", ")", "(", "--", ";", "{", "}", "é", "日"),
            Gen.Elements("a", "b", "Acme", "O'Brien")))
        .Select(parts => string.Concat(parts)).ToArbitrary();

    [Fact]
    public void OktaQuote_AnyText_IsOneLiteral() => Prop.ForAll(Hostile, text => ReadLiteral(OktaConnector.Quote(text), '"', plain: true) == text).QuickCheckThrowOnFailure();

    [Fact]
    public void JqlQuote_AnyText_IsOneLiteral() => Prop.ForAll(Hostile, text => ReadLiteral(JqlText.Quote(text), '"', plain: false) == text).QuickCheckThrowOnFailure();

    [Fact]
    public void SoqlQuote_AnyText_IsOneLiteral() => Prop.ForAll(Hostile, text => ReadLiteral(Soql.Quote(text), '\'', plain: false) == text).QuickCheckThrowOnFailure();

    [Fact]
    public void SoqlContains_AnyText_IsOneLiteralWithTwoWildcards() => Prop.ForAll(Hostile, text =>
    {
        // Wildcards that are not escaped are read as a mark of their own.
        var read = ReadLiteral(Soql.Contains(text), '\'', plain: false, wildcard: '\u0001');
        return read is ['\u0001', .., '\u0001'] && read[1..^1] == text;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void EncodedQuery_AnyText_AddsNoCondition() => Prop.ForAll(Hostile, text =>
    {
        try
        {
            var query = new EncodedQuery().And("active=true").Is("caller_id.email", text, "x").AnyContains(text, "x", "a", "b").And("ORDERBYnumber").ToString();
            var parts = query.Split('^');
            return parts.Length == 5 && parts[1] == $"caller_id.email={text}" && parts[2] == $"aLIKE{text}" && parts[3] == $"ORbLIKE{text}";
        }
        catch (OutcomeException exception)
        {
            return exception.Outcome is ActionFailed { Code: "invalid_argument", Field: "x" } && (text.Contains('^', StringComparison.Ordinal) || text.Any(char.IsControl));
        }
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("javascript:gs.sleep(10000)")]
    [InlineData("  JavaScript:alert(1)")]
    public void EncodedQuery_Script_IsRefused(string text) => Assert.Throws<OutcomeException>(() => new EncodedQuery().Is("number", text, "number"));

    /// <summary>Reads a whole literal with backslash escapes; null if it ends early or late.</summary>
    private static string? ReadLiteral(string literal, char quote, bool plain, char? wildcard = null)
    {
        if (literal.Length < 2 || literal[0] != quote)
        {
            return null;
        }

        var text = new StringBuilder();
        for (var i = 1; i < literal.Length; i++)
        {
            if (literal[i] == quote)
            {
                return i == literal.Length - 1 ? text.ToString() : null;
            }

            if (literal[i] == '\\')
            {
                if (++i >= literal.Length)
                {
                    return null;
                }

                text.Append(plain ? literal[i] : literal[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', var other => other });
            }
            else
            {
                text.Append(wildcard is not null && (literal[i] is '%' or '_') ? wildcard.Value : literal[i]);
            }
        }

        return null;
    }
}
