using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Templates;

/// <summary>One template of a manifest.</summary>
/// <param name="Hash">See <see cref="TemplateCatalog.HashOf"/>.</param>
/// <param name="Id">The template's id.</param>
/// <param name="Version">Its version.</param>
public sealed record TemplateManifestEntry(string Hash, string Id, string Version);

/// <summary>
/// Which templates belong to a catalogue: a text with a line <c>{hash} {id} {version}</c> for each, ordered by id. It is signed with ECDSA on P-256 over
/// SHA-256 of the text as UTF-8 with line feeds (FIPS 186-5); the signature is written as base64 of its DER form (RFC 3279).
/// </summary>
public static partial class TemplateManifest
{
    /// <summary>The manifest's file in a catalogue's folder.</summary>
    public const string FileName = "catalogue.sha256";

    /// <summary>The signature's file.</summary>
    public const string SignatureFileName = "catalogue.sha256.sig";

    /// <summary>The manifest of templates.</summary>
    public static string Write(IEnumerable<CataloguedTemplate> templates) => string.Concat(
        templates.OrderBy(template => template.Template.Id, StringComparer.Ordinal).Select(template => $"{template.Hash} {template.Template.Id} {template.Template.Version}\n"));

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="DefinitionException">A line is malformed, or a template appears twice.</exception>
    public static IReadOnlyDictionary<string, TemplateManifestEntry> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = new Dictionary<string, TemplateManifestEntry>(StringComparer.Ordinal);
        foreach (var (line, at) in text.ReplaceLineEndings("\n").Split('\n').Select((line, at) => (line, at)).Where(line => line.line.Length > 0))
        {
            var match = Line().Match(line);
            if (!match.Success || !entries.TryAdd(match.Groups[2].Value, new TemplateManifestEntry(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value)))
            {
                throw new DefinitionException(FileName, at + 1, "must be the SHA-256 in lower-case hexadecimal, the template's id and its version with a space between them, once for each template.");
            }
        }

        return entries;
    }

    /// <summary>Signs a manifest.</summary>
    /// <param name="manifest">The text.</param>
    /// <param name="key">A private key on P-256.</param>
    public static string Sign(string manifest, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Convert.ToBase64String(key.SignData(Bytes(manifest), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    /// <summary>Whether one of the keys signed the manifest.</summary>
    public static bool IsSigned(string manifest, string signature, IEnumerable<ECDsa> trustedKeys)
    {
        ArgumentNullException.ThrowIfNull(signature);
        ArgumentNullException.ThrowIfNull(trustedKeys);
        var bytes = new byte[256];
        return Convert.TryFromBase64String(signature.Trim(), bytes, out var length) &&
            trustedKeys.Any(key => key.KeySize == 256 && key.VerifyData(Bytes(manifest), bytes.AsSpan(0, length), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    private static byte[] Bytes(string manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return Encoding.UTF8.GetBytes(manifest.ReplaceLineEndings("\n"));
    }

    [GeneratedRegex(@"\A([0-9a-f]{64}) ([a-z0-9][a-z0-9-]{1,39}) ([0-9A-Za-z.-]{5,60})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}
