using System.Collections.Concurrent;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Models.Tests.Providers;

/// <summary>How calls reach a provider: over TLS they share one connection of HTTP/2.</summary>
public sealed class Http2Tests
{
    private const int AtOnce = 8;

    [Theory]
    [InlineData(ModelProviderOptions.OpenAI)]
    [InlineData(ModelProviderOptions.Anthropic)]
    public async Task Calls_AtOnceOverTls_ShareOneConnectionOfHttp2(string kind)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (seen, here, allHere) = (new ConcurrentBag<(string Protocol, string Connection)>(), 0, new TaskCompletionSource());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }));
        await using var server = builder.Build();
        server.MapPost("/{**path}", async context =>
        {
            seen.Add((context.Request.Protocol, context.Connection.Id));
            if (Interlocked.Increment(ref here) > AtOnce)
            {
                allHere.TrySetResult();
            }

            // The first one alone makes the connection; the others are answered once all of them are here.
            await (seen.Count == 1 ? Task.CompletedTask : allHere.Task.WaitAsync(context.RequestAborted));
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        });
        await server.StartAsync();

        var services = new ServiceCollection().AddLogging().AddStewardModels(options =>
        {
            options.Providers["safe"] = new ModelProviderOptions { Kind = kind, BaseUrl = server.Urls.First(), ApiKeys = { "sk-test" } };
            options.Chains[ModelTiers.Standard] = ["safe/m"];
        });
        services.Configure<HttpClientFactoryOptions>("steward-models", options => options.HttpMessageHandlerBuilderActions.Add(made =>
            ((SocketsHttpHandler)made.PrimaryHandler).SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString()));
        await using var provider = services.BuildServiceProvider();
        var model = provider.GetRequiredService<IChatModelProvider>().ForTenant("t-acme")!;
        async Task AskAsync()
        {
            var refused = await Assert.ThrowsAsync<ModelException>(async () =>
            {
                await foreach (var _ in model.StreamAsync(new ChatRequest { Messages = [new ChatMessage { Role = ChatRole.User, Text = "Hi" }] }, CancellationToken.None))
                {
                }
            });
            Assert.Equal("model_rejected", refused.Code);
        }

        await AskAsync();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => AskAsync()));

        Assert.Equal(AtOnce + 1, seen.Count);
        Assert.Equal("HTTP/2", Assert.Single(seen.Select(request => request.Protocol).Distinct()));
        Assert.Single(seen.Select(request => request.Connection).Distinct());
    }
}
