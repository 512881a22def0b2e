using System.Net.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Security.Jwt;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Webhooks;

/// <summary>Registers what judges webhooks of external systems.</summary>
public static class HooksServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="WebhookReceiver"/>. Keys of senders are fetched with the guarded client of <see cref="WebhookServiceCollectionExtensions.AddStewardWebhooks"/>, which must be
    /// there too: their addresses come from templates, and tenants may bring their own.
    /// </summary>
    public static IServiceCollection AddStewardHooks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            var clients = provider.GetRequiredService<IHttpClientFactory>();
            return new HookTokens(new JwksSource(clients, time, WebhookSender.ClientName), time, new JwksSource(clients, time, InstanceConnections.PrivateClient));
        });
        services.TryAddSingleton<WebhookReceiver>();
        return services;
    }
}
