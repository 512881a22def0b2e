using System.Security;
using System.Text;
using System.Xml;
using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>A body in XML. Values are escaped, so that none becomes an element or ends an attribute.</summary>
internal static class XmlBody
{
    public const string ContentType = "application/xml; charset=utf-8";

    /// <summary>The document; empty when something in it is absent.</summary>
    /// <exception cref="OutcomeException">A value holds what no XML can.</exception>
    public static ReadOnlyMemory<byte> Write(ValueTemplate text, TemplateScope scope) => Encoding.UTF8.GetBytes(
        text.Text(scope, Escape) ?? throw OutcomeException.Invalid(text.FirstAbsent(scope) ?? "arguments", "is required."));

    /// <summary>A value as XML 1.0 writes it in texts and attributes.</summary>
    public static string Escape(string value)
    {
        try
        {
            return SecurityElement.Escape(XmlConvert.VerifyXmlChars(value));
        }
        catch (XmlException)
        {
            throw OutcomeException.Invalid("arguments", "must hold no control characters: XML has none.");
        }
    }
}
