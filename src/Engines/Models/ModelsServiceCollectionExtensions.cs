using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;

namespace Steward.Engines.Models;

/// <summary>Registers the models.</summary>
public static class ModelsServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IChatModelProvider"/>. The environment (<c>OPENAI_API_KEY</c>, <c>OPENAI_BASE_URL</c>, <c>OPENAI_MODEL</c>) gives the defaults,
    /// <c>Steward:Models</c> of the host's configuration comes next, <paramref name="configure"/> has the last word.
    /// </summary>
    public static IServiceCollection AddStewardModels(this IServiceCollection services, Action<ModelsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ModelsOptions>()
            .Configure<IServiceProvider>((options, provider) =>
            {
                options.ApiKey = Environment.GetEnvironmentVariable("OPENAI_API_KEY");
                options.BaseUrl = Environment.GetEnvironmentVariable("OPENAI_BASE_URL");
                options.Model = Environment.GetEnvironmentVariable("OPENAI_MODEL") is { Length: > 0 } model ? model : options.Model;
                provider.GetService<IConfiguration>()?.GetSection("Steward:Models").Bind(options);
                configure?.Invoke(options);
            })
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelsOptions>, ModelsOptionsValidator>());
        services.AddHttpClient(ChatModelSource.HttpClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // Its sockets have TCP_NODELAY set: a small request leaves at once.
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                ConnectTimeout = TimeSpan.FromSeconds(10),
                AllowAutoRedirect = false,
                EnableMultipleHttp2Connections = true,
            })
            .AddHttpMessageHandler(() => new NewerHttpHandler())
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRandomSource, RandomSource>();
        services.TryAddSingleton<ProviderRetryBudgets>();
        services.TryAddSingleton<IChatModelSource, ChatModelSource>();
        services.TryAddSingleton<IModelGateway, ModelGateway>();
        services.TryAddSingleton<IEmbeddingModelSource, EmbeddingModelSource>();
        services.AddModelPolicyStages();
        services.TryAddSingleton<IChatModelProvider, ChatModelProvider>();
        return services;
    }
}
