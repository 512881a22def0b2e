using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Degradation;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Admission;

/// <summary>Registers admission and the degradation ladder, which goes by how full admission is.</summary>
public static class ModelAdmissionServiceCollectionExtensions
{
    /// <summary>
    /// Adds admission and the degradation ladder to the gateway. <c>Steward:Models:Admission</c> and <c>Steward:Models:Degradation</c> of the host's configuration give the options, the arguments have the last word.
    /// </summary>
    public static IServiceCollection AddStewardModelAdmission(this IServiceCollection services, Action<ModelAdmissionOptions>? configure = null, Action<DegradationOptions>? configureDegradation = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, "Steward:Models:Admission", configure);
        AddOptions(services, "Steward:Models:Degradation", configureDegradation);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModelAdmissionOptions>, ModelAdmissionOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DegradationOptions>, DegradationOptionsValidator>());

        // The operator's switch holds without a restart.
        services.AddSingleton<IOptionsChangeTokenSource<DegradationOptions>>(provider =>
            new ConfigurationChangeTokenSource<DegradationOptions>((provider.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build()).GetSection("Steward:Models:Degradation")));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ModelAdmission>();
        services.TryAddSingleton<DegradationSwitch>();
        services.TryAddSingleton(provider => new DegradationLadder(
            provider.GetRequiredService<ModelAdmission>(),
            provider.GetRequiredService<IChatModelSource>(),
            provider.GetRequiredService<IOptionsMonitor<DegradationOptions>>(),
            provider.GetRequiredService<DegradationSwitch>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, LadderStepStage>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, LadderStage>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelStage, AdmissionStage>());
        return services;
    }

    private static void AddOptions<T>(IServiceCollection services, string section, Action<T>? configure)
        where T : class => services.AddOptions<T>()
        .Configure<IServiceProvider>((options, provider) =>
        {
            provider.GetService<IConfiguration>()?.GetSection(section).Bind(options);
            configure?.Invoke(options);
        })
        .ValidateOnStart();
}
