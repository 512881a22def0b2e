using System.Security.Cryptography;

namespace Steward.Engines.Connectors.Templates;

/// <summary>
/// The templates of an operator's own folder. They are used only when the folder's manifest names each of them with its hash and a trusted key signed the manifest: whoever can
/// write a template decides where credentials are sent.
/// </summary>
public static class SignedCatalogue
{
    private const int MaxTemplates = 2000;

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">Holds <c>*.yaml</c>, <see cref="TemplateManifest.FileName"/> and <see cref="TemplateManifest.SignatureFileName"/>.</param>
    /// <param name="trustedKeys">Public keys in PEM form.</param>
    /// <exception cref="DefinitionException">Something is missing, not signed, changed since, or no valid template; the message says which and why.</exception>
    public static IReadOnlyList<CataloguedTemplate> Load(string folder, IEnumerable<string> trustedKeys)
    {
        ArgumentNullException.ThrowIfNull(trustedKeys);
        var manifest = ReadFile(folder, TemplateManifest.FileName);
        var signature = ReadFile(folder, TemplateManifest.SignatureFileName);
        List<ECDsa> keys = [.. trustedKeys.Select(ReadKey)];
        try
        {
            if (!TemplateManifest.IsSigned(manifest, signature, keys))
            {
                throw new DefinitionException(TemplateManifest.SignatureFileName, 1, keys.Count == 0
                    ? "no key is trusted: name the public key under Steward:Connectors:Catalogue:TrustedKeys."
                    : "no trusted key signed the manifest as it is now.");
            }
        }
        finally
        {
            keys.ForEach(key => key.Dispose());
        }

        var entries = TemplateManifest.Read(manifest);
        var files = Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).Take(MaxTemplates + 1).ToArray();
        if (files.Length > MaxTemplates)
        {
            throw new DefinitionException(folder, 1, $"the folder holds more than {MaxTemplates} templates.");
        }

        List<CataloguedTemplate> templates = [.. files.Select(path => ReadTemplate(path, entries))];
        return entries.Keys.Except(templates.Select(template => template.Template.Id), StringComparer.Ordinal).FirstOrDefault() is { } missing
            ? throw new DefinitionException(TemplateManifest.FileName, 1, $"the template '{missing}' is in the manifest, but there is no file {missing}.yaml.")
            : templates;
    }

    private static CataloguedTemplate ReadTemplate(string path, IReadOnlyDictionary<string, TemplateManifestEntry> entries)
    {
        var file = Path.GetFileName(path);
        var text = ReadFile(Path.GetDirectoryName(path)!, file);
        var hash = TemplateCatalog.HashOf(text);
        var id = Path.GetFileNameWithoutExtension(file);
        if (!entries.TryGetValue(id, out var entry))
        {
            throw new DefinitionException(file, 1, $"the signed manifest does not name '{id}'.");
        }

        if (entry.Hash != hash)
        {
            throw new DefinitionException(file, 1, $"the file was changed after the manifest was signed: its hash is {hash}, the manifest says {entry.Hash}.");
        }

        var template = TemplateReader.Read(text, file);
        return template.Id == id && template.Version == entry.Version
            ? new CataloguedTemplate(template, hash, text)
            : throw new DefinitionException(file, 1, $"the template says {template.Id} {template.Version}, the manifest {entry.Id} {entry.Version}.");
    }

    private static string ReadFile(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        try
        {
            return new FileInfo(path).Length <= 4 * YamlLoader.MaxLength
                ? File.ReadAllText(path)
                : throw new DefinitionException(file, 1, $"the file is larger than {4 * YamlLoader.MaxLength} bytes.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DefinitionException(file, 1, $"cannot be read in {folder}: {exception.Message}");
        }
    }

    private static ECDsa ReadKey(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new DefinitionException("TrustedKeys", 1, "a trusted key must be a public key on P-256 in PEM form (openssl ec -pubout).");
        }
    }
}
