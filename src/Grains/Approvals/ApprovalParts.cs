using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Identity;
using Steward.Notifications;
using Steward.Storage;
using Steward.Webhooks;

namespace Steward.Approvals;

/// <summary>What owners of approvals work with.</summary>
internal sealed class ApprovalParts(
    IJournalStore journals,
    IApprovalStore lists,
    IApprovalRoutes routes,
    ITenantDirectories directories,
    SimilarApprovals similar,
    ApprovalActors actors,
    INotificationRouter router,
    PlatformIdentity platform,
    IOptions<ApprovalOptions> options,
    TimeProvider time,
    IServiceProvider services)
{
    public IJournalStore Journals { get; } = journals;

    public IApprovalStore Lists { get; } = lists;

    public IApprovalRoutes Routes { get; } = routes;

    public ITenantDirectories Directories { get; } = directories;

    public SimilarApprovals Similar { get; } = similar;

    public ApprovalActors Actors { get; } = actors;

    public PlatformIdentity Platform { get; } = platform;

    public ApprovalOptions Options { get; } = options.Value;

    public TimeProvider Time { get; } = time;

    public INotificationRouter Router { get; } = router;

    public ApprovalWebhooks Webhooks { get; } = services.GetRequiredService<ApprovalWebhooks>();

    public IApprovalMirrors Mirrors { get; } = services.GetRequiredService<IApprovalMirrors>();

    /// <summary>Null where nothing learns from the past.</summary>
    public IApprovalForecasts? Forecasts { get; } = services.GetService<IApprovalForecasts>();
}

/// <summary>Registers what approvals need.</summary>
internal static class ApprovalServices
{
    /// <summary>
    /// Adds the parts. Directories and forecasts are added by who implements them, before this: <see cref="ITenantDirectories"/>, <see cref="IApprovalForecasts"/>.
    /// </summary>
    public static IServiceCollection AddStewardApprovals(this IServiceCollection services)
    {
        services.AddOptions<ApprovalOptions>().BindConfiguration(ApprovalOptions.Section);
        services.TryAddSingleton<IApprovalRoutes, ApprovalRoutes>();
        services.TryAddSingleton<SimilarApprovals>();
        services.TryAddSingleton<MirrorPeople>();
        services.TryAddSingleton<IApprovalMirrors, ConnectorMirrors>();
        services.TryAddSingleton<ApprovalActors>();
        services.TryAddSingleton<DelegationNews>();
        services.TryAddSingleton<ApprovalParts>();
        return services;
    }
}
