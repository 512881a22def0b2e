using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.Xml;
using System.Text;
using System.Xml;

namespace Steward.EnterpriseSim.Identity;

/// <summary>SAML 2.0 assertions of the company's identity provider: made, signed (enveloped, RSA with SHA-256) and checked as RFC 7522 asks.</summary>
internal sealed class SamlAssertions : IDisposable
{
    private const string Saml = "urn:oasis:names:tc:SAML:2.0:assertion";
    private const string Bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(3);

    private readonly RSA key = RSA.Create(2048);
    private readonly HashSet<string> used = [];

    public void Dispose() => key.Dispose();

    /// <summary>An assertion in base64url.</summary>
    public string Make(string issuer, string email, string audience, string recipient, DateTimeOffset now)
    {
        var document = new XmlDocument { PreserveWhitespace = true };
        var root = Add(document, document, "Assertion", null, ("ID", $"_{Guid.NewGuid():n}"), ("Version", "2.0"), ("IssueInstant", Time(now)));
        Add(document, root, "Issuer", issuer);
        var subject = Add(document, root, "Subject");
        Add(document, subject, "NameID", email, ("Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"));
        Add(document, Add(document, subject, "SubjectConfirmation", null, ("Method", Bearer)), "SubjectConfirmationData", null, ("Recipient", recipient), ("NotOnOrAfter", Time(now + Life)));
        var conditions = Add(document, root, "Conditions", null, ("NotBefore", Time(now)), ("NotOnOrAfter", Time(now + Life)));
        Add(document, Add(document, conditions, "AudienceRestriction"), "Audience", audience);
        Add(document, Add(document, Add(document, root, "AuthnStatement", null, ("AuthnInstant", Time(now))), "AuthnContext"), "AuthnContextClassRef", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport");

        var signature = new SignedXml(document) { SigningKey = key };
        signature.SignedInfo!.CanonicalizationMethod = SignedXml.XmlDsigExcC14NTransformUrl;
        signature.SignedInfo.SignatureMethod = SignedXml.XmlDsigRSASHA256Url;
        var reference = new Reference($"#{root.GetAttribute("ID")}") { DigestMethod = SignedXml.XmlDsigSHA256Url };
        reference.AddTransform(new XmlDsigEnvelopedSignatureTransform());
        reference.AddTransform(new XmlDsigExcC14NTransform());
        signature.AddReference(reference);
        signature.ComputeSignature();
        root.InsertAfter(document.ImportNode(signature.GetXml(), deep: true), root.FirstChild);
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(document.OuterXml));
    }

    /// <summary>The mail address of the person that an assertion is about; null if it is not good here, or was handed in before.</summary>
    public string? Check(string assertion, string issuer, string audience, string recipient, DateTimeOffset now)
    {
        if (!Base64Url.IsValid(assertion))
        {
            return null;
        }

        var document = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(Base64Url.DecodeFromChars(assertion)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            document.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }

        // One assertion with one signature over it, so that nothing unsigned is read.
        if (document.DocumentElement is not { LocalName: "Assertion", NamespaceURI: Saml } root
            || document.GetElementsByTagName("Signature", SignedXml.XmlDsigNamespaceUrl) is not { Count: 1 } signatures || signatures[0]!.ParentNode != root
            || document.GetElementsByTagName("Assertion", Saml).Count != 1)
        {
            return null;
        }

        var signed = new SignedXml(document);
        signed.LoadXml((XmlElement)signatures[0]!);
        if (signed.SignedInfo!.References is not { Count: 1 } references || ((Reference)references[0]!).Uri != $"#{root.GetAttribute("ID")}" || !signed.CheckSignature(key))
        {
            return null;
        }

        var names = new XmlNamespaceManager(document.NameTable);
        names.AddNamespace("s", Saml);
        string Text(string path) => root.SelectSingleNode(path, names)?.InnerText ?? "";
        var isGood = Text("s:Issuer") == issuer
            && Text("s:Conditions/s:AudienceRestriction/s:Audience") == audience
            && Text("s:Subject/s:SubjectConfirmation/@Method") == Bearer
            && Text("s:Subject/s:SubjectConfirmation/s:SubjectConfirmationData/@Recipient") == recipient
            && At(Text("s:Conditions/@NotBefore")) is { } from && from <= now.AddSeconds(1)
            && At(Text("s:Conditions/@NotOnOrAfter")) is { } until && until > now
            && At(Text("s:Subject/s:SubjectConfirmation/s:SubjectConfirmationData/@NotOnOrAfter")) is { } end && end > now;
        return isGood && used.Add(root.GetAttribute("ID")) ? Text("s:Subject/s:NameID") : null;
    }

    private static XmlElement Add(XmlDocument document, XmlNode parent, string name, string? text = null, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        var element = document.CreateElement("saml", name, Saml);
        foreach (var (attribute, value) in attributes)
        {
            element.SetAttribute(attribute, value);
        }

        if (text is not null)
        {
            element.InnerText = text;
        }

        parent.AppendChild(element);
        return element;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset? At(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
