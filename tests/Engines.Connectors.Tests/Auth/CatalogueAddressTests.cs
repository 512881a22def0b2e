using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>The addresses of the catalogue's sign-ins, with the fields' own examples.</summary>
public sealed class CatalogueAddressTests
{
    public static TheoryData<string, string> SignIns()
    {
        var data = new TheoryData<string, string>();
        foreach (var template in TemplateCatalog.Ids.Select(id => TemplateCatalog.Find(id)!.Template))
        {
            foreach (var auth in template.Auth.Where(auth => auth.OAuth2 is not null))
            {
                data.Add(template.Id, auth.Id);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(SignIns))]
    public void Resolve_AddressesOfTheCatalogue_AreAllowed(string templateId, string authId)
    {
        var template = TemplateCatalog.Find(templateId)!.Template;
        var auth = template.Auth.First(candidate => candidate.Id == authId);
        var fields = template.Connection.Fields.Concat(auth.Fields).Where(field => !field.Secret)
            .DistinctBy(field => field.Name)
            .ToDictionary(field => field.Name, field => field.Default ?? field.Example ?? field.Values?[0] ?? "example", StringComparer.Ordinal);
        var instance = new ConnectorInstance
        {
            TenantId = "t-acme",
            Name = "sut",
            Title = "System under test",
            TemplateId = template.Id,
            TemplateVersion = template.Version,
            TemplateHash = "",
            Region = template.Connection.Regions.Keys.FirstOrDefault(),
            Fields = fields,
            AuthId = authId,
        };
        var signIn = new SignIn(new ResolvedInstance(instance, template), new Dictionary<string, SecretText>(), allowPrivateAddresses: false);
        var oauth = auth.OAuth2!;

        foreach (var address in new[] { oauth.TokenUrl, oauth.AuthorizeUrl, oauth.RefreshUrl, oauth.RevokeUrl }.OfType<string>())
        {
            Assert.Equal("https", TokenAddress.Resolve(address, signIn).Scheme);
        }
    }
}
