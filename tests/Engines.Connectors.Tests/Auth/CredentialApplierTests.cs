using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Auth;

public sealed class CredentialApplierTests
{
    private static readonly Uri Anywhere = new("https://example.com");

    [Fact]
    public void Sigv4_Request_CarriesASignatureOverHostBodyAndToken()
    {
        var applier = new SigV4Applier(TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://api.example.com:8443/items?b=2&a=1") { Content = new StringContent("{}") };
        var use = Use(
            AuthKind.Sigv4, auth => auth with { Sigv4 = new SigV4Spec { Service = "execute-api" } },
            ("accessKeyId", "AKID"), ("secretAccessKey", "the-secret-key"), ("sessionToken", "the-session"));

        applier.Apply(request, "{}"u8.ToArray(), use with { Target = use.Target with { Instance = use.Target.Instance with { Region = "eu-central-1" } } });

        var authorization = request.Headers.GetValues("Authorization").Single();
        Assert.Matches("^AWS4-HMAC-SHA256 Credential=AKID/[0-9]{8}/eu-central-1/execute-api/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$", authorization);
        Assert.Equal("the-session", request.Headers.GetValues("X-Amz-Security-Token").Single());
        Assert.DoesNotContain("the-secret-key", request.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("accessKeyId")]
    [InlineData("secretAccessKey")]
    public void Sigv4_ValueMissing_SaysWhich(string missing)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Anywhere);
        var use = Use(
            AuthKind.Sigv4, auth => auth with { Sigv4 = new SigV4Spec { Service = "s3", Region = "eu" } },
            [.. new[] { ("accessKeyId", "AKID"), ("secretAccessKey", "key") }.Where(value => value.Item1 != missing)]);

        var failed = Assert.IsType<ActionFailed>(Assert.Throws<OutcomeException>(() => new SigV4Applier(TimeProvider.System).Apply(request, default, use)).Outcome);

        Assert.Equal("not_configured", failed.Code);
        Assert.Contains(missing, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mtls_Certificate_IsShownToTheServer()
    {
        using var shown = Certificate("steward-client");
        await using var server = await TlsServerAsync();
        using var applier = new CertificateApplier(TimeProvider.System);
        var use = Use(AuthKind.Mtls, auth => auth, ("certificate", shown.ExportCertificatePem()), ("privateKey", Key(shown)));

        for (var i = 0; i < 3; i++)
        {
            using var client = applier.FindClient(use, Trusting);
            Assert.Equal(shown.Thumbprint, await client.GetStringAsync(new Uri(server.Urls.First())));
        }

        Assert.Equal(1, applier.Count);
    }

    [Fact]
    public async Task Mtls_ManyCertificates_AreBoundedAndThoseInUseStay()
    {
        using var shown = Certificate("first");
        await using var server = await TlsServerAsync();
        using var applier = new CertificateApplier(TimeProvider.System);
        using var first = applier.FindClient(Use(AuthKind.Mtls, auth => auth, ("certificate", shown.ExportCertificatePem()), ("privateKey", Key(shown))), Trusting);
        for (var i = 0; i < CertificateApplier.MostHandlers + 5; i++)
        {
            var use = Use(AuthKind.Mtls, auth => auth, ("certificate", shown.ExportCertificatePem()), ("privateKey", Key(shown)));
            applier.FindClient(use with { Target = use.Target with { Instance = use.Target.Instance with { Name = $"other-{i}" } } }, Trusting).Dispose();
        }

        Assert.Equal(CertificateApplier.MostHandlers, applier.Count);
        Assert.Equal(shown.Thumbprint, await first.GetStringAsync(new Uri(server.Urls.First())));
    }

    [Fact]
    public void Mtls_KeyOfAnotherCertificate_IsRefusedWithoutShowingIt()
    {
        using var one = Certificate("one");
        using var two = Certificate("two");
        using var applier = new CertificateApplier(TimeProvider.System);

        var thrown = Assert.Throws<OutcomeException>(() => applier.FindClient(Use(AuthKind.Mtls, auth => auth, ("certificate", one.ExportCertificatePem()), ("privateKey", Key(two))), Trusting));

        Assert.Equal("not_configured", Assert.IsType<ActionFailed>(thrown.Outcome).Code);
        Assert.Equal(0, applier.Count);
    }

    private static CredentialUse Use(AuthKind kind, Func<AuthSpec, AuthSpec> change, params (string Name, string Value)[] values)
    {
        var target = SignInHost.Target(Anywhere, kind, change: change);
        return new CredentialUse(target, target.Template.Auth[0], new Credential(1, values.ToDictionary(value => value.Name, value => new SecretText(value.Value))));
    }

    private static SocketsHttpHandler Trusting() => new() { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost" } };

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.Exportable);
    }

    private static string Key(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportECPrivateKeyPem();
    }

    private static async Task<WebApplication> TlsServerAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = Certificate("localhost");
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (_, _, _) => true;
        })));
        var app = builder.Build();
        app.MapGet("/", (HttpContext http) => http.Connection.ClientCertificate!.Thumbprint);
        await app.StartAsync();
        return app;
    }
}
