using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Security.Tests;

public sealed class SecurityServiceCollectionExtensionsTests
{
    private static ServiceProvider Provider(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("Steward:Security:" + setting.Key, (string?)setting.Value))).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddStewardSecurity().BuildServiceProvider();
    }

    [Fact]
    public void AddStewardSecurity_KeyAndIssuersInConfiguration_AreUsed()
    {
        using var folder = new TemporaryFolder();
        using var provider = Provider(
            ("ClusterKey", Convert.ToBase64String(new byte[32])),
            ("PreviousClusterKeys:0", Convert.ToBase64String(new byte[33])),
            ("DevelopmentTokenKeyFile", folder.File("development.key")),
            ("Issuers:0:Issuer", "https://login.acme.example"),
            ("Issuers:0:Audiences:0", "steward"),
            ("Issuers:0:Algorithms:0", "RS256"),
            ("Issuers:0:JwksUri", "https://login.acme.example/keys"),
            ("Issuers:0:TenantId", "t-acme"));

        Assert.Equal(2, provider.GetRequiredService<ClusterKeyRing>().KeyIds.Count);
        Assert.True(provider.GetRequiredService<JwtValidator>().HasIssuers);
        Assert.NotNull(provider.GetRequiredService<IdentityEnvelopeSigner>());
    }

    [Fact]
    public async Task AddStewardSecurity_DevelopmentKeyFile_ItsTokensAreAccepted()
    {
        using var folder = new TemporaryFolder();
        using var provider = Provider(("ClusterKeyFile", folder.File("cluster.key")), ("DevelopmentTokenKeyFile", folder.File("development.key")));
        var ada = new EnvelopeIdentity { TenantId = "t-acme", UserId = "u-ada", Roles = ["helpdesk"], Name = "Ada", Email = "ada@acme.example" };

        var token = new DevelopmentTokenIssuer(folder.File("development.key"), TimeProvider.System).Issue(ada);
        var result = await provider.GetRequiredService<JwtValidator>().ValidateAsync(token, default);

        Assert.Equal(ada, result.Identity);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("development.key")));
    }

    [Theory]
    [InlineData("ClusterKey", "bm90IGxvbmcgZW5vdWdo", "openssl rand")]
    [InlineData("PreviousClusterKeys:0", "bm90IGxvbmcgZW5vdWdo", "ClusterKey")]
    [InlineData("ClusterKeyFile", " ", "ClusterKeyFile")]
    [InlineData("Issuers:0:Issuer", "https://login.acme.example", "Algorithms")]
    public void AddStewardSecurity_WrongOption_SaysTheFix(string key, string value, string part)
    {
        using var provider = Provider((key, value));

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<SecurityOptions>>().Value);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DevelopmentTokenIssuer_NotConfigured_SaysHow()
    {
        using var provider = Provider();

        Assert.Contains("DevelopmentTokenKeyFile", Assert.Throws<InvalidOperationException>(provider.GetRequiredService<DevelopmentTokenIssuer>).Message, StringComparison.Ordinal);
        Assert.False(provider.GetRequiredService<JwtValidator>().HasIssuers);
    }
}
