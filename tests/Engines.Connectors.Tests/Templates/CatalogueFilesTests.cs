using System.Security.Cryptography;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Templates;

/// <summary>The files that are made from templates are current, and foreign templates are only taken with a signature.</summary>
public sealed class CatalogueFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("steward-catalogue-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void SchemaFile_IsMadeFromTheRecords() => IsCurrent(Path.Combine("docs", "api", "connector-template.schema.json"), TemplateSchema.Text());

    // Once a release has gone out, a template that changes needs a higher version with its new hash.
    [Fact]
    public void ManifestFile_NamesEveryTemplateWithVersionAndHash() => IsCurrent(
        Path.Combine("src", "Engines", "Connectors", "Templates", TemplateManifest.FileName), TemplateManifest.Write(TemplateCatalog.Ids.Select(id => TemplateCatalog.Find(id)!)));

    [Fact]
    public void Load_SignedFolder_GivesItsTemplates()
    {
        Write();

        var templates = SignedCatalogue.Load(_folder.FullName, [_key.ExportSubjectPublicKeyInfoPem()]);

        Assert.Equal(["github", "okta"], templates.Select(template => template.Template.Id));
    }

    [Fact]
    public void Load_OtherKey_IsRefused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write();

        Refused([other.ExportSubjectPublicKeyInfoPem()], "no trusted key signed the manifest");
    }

    [Fact]
    public void Load_NoKey_IsRefused()
    {
        Write();

        Refused([], "no key is trusted");
    }

    [Fact]
    public void Load_KeyThatIsNone_IsRefused()
    {
        Write();

        Refused(["-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----"], "must be a public key on P-256");
    }

    [Fact]
    public void Load_ChangedTemplate_IsRefused()
    {
        Write();
        File.AppendAllText(Path.Combine(_folder.FullName, "okta.yaml"), "# changed\n");

        Refused([_key.ExportSubjectPublicKeyInfoPem()], "was changed after the manifest was signed");
    }

    [Fact]
    public void Load_ChangedManifest_IsRefused()
    {
        Write();
        File.AppendAllText(Path.Combine(_folder.FullName, TemplateManifest.FileName), new string('0', 64) + " evil 1.0.0\n");

        Refused([_key.ExportSubjectPublicKeyInfoPem()], "no trusted key signed the manifest");
    }

    [Fact]
    public void Load_TemplateThatIsNotNamed_IsRefused()
    {
        Write();
        File.WriteAllText(Path.Combine(_folder.FullName, "slack.yaml"), TemplateCatalog.Find("slack")!.Text);

        Refused([_key.ExportSubjectPublicKeyInfoPem()], "the signed manifest does not name 'slack'");
    }

    [Fact]
    public void Load_MissingTemplate_IsRefused()
    {
        Write();
        File.Delete(Path.Combine(_folder.FullName, "okta.yaml"));

        Refused([_key.ExportSubjectPublicKeyInfoPem()], "there is no file okta.yaml");
    }

    [Fact]
    public void Load_MissingSignature_IsRefused()
    {
        Write();
        File.Delete(Path.Combine(_folder.FullName, TemplateManifest.SignatureFileName));

        Refused([_key.ExportSubjectPublicKeyInfoPem()], "cannot be read");
    }

    private void Write()
    {
        CataloguedTemplate[] templates = [TemplateCatalog.Find("okta")!, TemplateCatalog.Find("github")!];
        foreach (var template in templates)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, template.Template.Id + ".yaml"), template.Text);
        }

        var manifest = TemplateManifest.Write(templates);
        File.WriteAllText(Path.Combine(_folder.FullName, TemplateManifest.FileName), manifest);
        File.WriteAllText(Path.Combine(_folder.FullName, TemplateManifest.SignatureFileName), TemplateManifest.Sign(manifest, _key));
    }

    private void Refused(string[] keys, string reason)
    {
        var exception = Assert.Throws<DefinitionException>(() => SignedCatalogue.Load(_folder.FullName, keys));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private static void IsCurrent(string file, string expected)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "orleans.sln")))
        {
            root = root.Parent ?? throw new DirectoryNotFoundException("There is no orleans.sln above the tests.");
        }

        var path = Path.Combine(root.FullName, file);
        if (File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == expected)
        {
            return;
        }

        var current = Path.Combine(Path.GetTempPath(), Path.GetFileName(file));
        File.WriteAllText(current, expected);
        Assert.Fail($"{file} is not current. What it must be was written to {current}: cp {current} {path}");
    }
}
