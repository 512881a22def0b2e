using Microsoft.Extensions.DependencyInjection;

namespace Steward.Benchmarks.Measuring;

/// <summary>The connections of the load tester: as many as there are requests at the same time, kept for the whole run, nothing logged.</summary>
internal sealed class LoadConnections : IAsyncDisposable
{
    private const string Name = "steward";

    private readonly ServiceProvider _services;

    private LoadConnections(ServiceProvider services) => _services = services;

    public static LoadConnections Create(Uri server)
    {
        var services = new ServiceCollection();
        services.AddHttpClient(Name, client =>
            {
                client.BaseAddress = server;
                client.Timeout = TimeSpan.FromMinutes(2);
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { PooledConnectionLifetime = Timeout.InfiniteTimeSpan, UseProxy = false, UseCookies = false })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        return new LoadConnections(services.BuildServiceProvider());
    }

    public HttpClient CreateClient() => _services.GetRequiredService<IHttpClientFactory>().CreateClient(Name);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
