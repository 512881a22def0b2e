using Microsoft.Extensions.Options;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Runtime;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security.Vault;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Security.Webhooks;
using Steward.Identity;
using Steward.Inference;
using Steward.Memory;
using Steward.Models;
using Steward.Notifications;
using Steward.Operations;
using Steward.People;
using Steward.Runs;
using Steward.Sandbox;
using Steward.Schedules;
using Steward.Sessions;
using Steward.Tenants;
using Steward.Triage;
using Steward.Webhooks;

namespace Steward;

/// <summary>Adds Steward's grains to a silo.</summary>
public static class StewardGrainsExtensions
{
    /// <summary>
    /// Registers what the grains need, the identity filter, and the start-up task that takes up open work. The silo must also have an
    /// <see cref="Storage.IJournalStore"/>, a grain storage named <see cref="StorageNames.GrainState"/>, reminders, the security and the orchestration engines.
    /// </summary>
    public static ISiloBuilder AddStewardGrains(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<PlatformIdentity>();
        builder.Services.TryAddSingleton<OpenWork>();
        builder.Services.TryAddSingleton<TenantWebhooks>();
        builder.Services.TryAddSingleton<ApprovalWebhooks>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IRunEndHook, WebhookRunHook>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IRunEndHook, ScheduleRunHook>());
        builder.Services.AddStewardWebhooks();
        builder.Services.AddStewardHooks();
        builder.Services.AddStewardDirectories();
        builder.Services.AddStewardApprovals();
        builder.Services.AddOptions<ConnectorAuditOptions>().BindConfiguration(ConnectorAuditOptions.Section);
        builder.Services.AddOptions<HookOptions>().BindConfiguration(HookOptions.Section);

        // Subscribers are found by their class; events that a lost silo had not delivered are published again from the journal.
        builder.AddMemoryStreams(HookStreams.Provider);
        builder.AddMemoryGrainStorage("PubSubStore");
        builder.Services.TryAddSingleton<KnownPeople>();
        builder.Services.TryAddSingleton<ScheduleOwner>();
        builder.Services.AddOptions<ScheduleOptions>().BindConfiguration("Steward:Schedules");
        builder.Services.TryAddSingleton<TenantShares>();
        builder.Services.AddOptions<OperatedTenants>()
            .Configure<IServiceProvider>((operated, provider) => provider.GetService<IConfiguration>()?.GetSection(OperatedTenants.Section).Bind(operated.Tenants))
            .ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OperatedTenants>, OperatedTenantsValidator>());
        builder.Services.TryAddSingleton<RunTurns>();
        builder.Services.TryAddSingleton<Retention>();
        builder.Services.TryAddSingleton<RunOutbox>();
        builder.Services.TryAddSingleton<RunApprovals>();
        builder.Services.TryAddSingleton<KnownContents>();
        builder.Services.AddStewardApprovalRules();
        builder.AddStewardInferenceGrains();
        builder.Services.AddStewardModelGrains();
        builder.Services.AddStewardTriageImports();
        AddConnectors(builder.Services);
        builder.Services.AddStewardMemory();
        builder.Services.AddStewardTriageLearning();
        builder.Services.AddStewardNotificationGrains();
        builder.Services.AddStewardTriage();
        builder.Services.AddStewardTriageIntake();
        builder.Services.AddStewardModelTrials();
        builder.Services.AddStewardModelBudgets();
        builder.Services.AddStewardSandboxGrains();
        builder.Services.AddStewardSandboxTools();
        builder.Services.AddOptions<SessionOptions>().BindConfiguration("Steward:Sessions");
        builder.Services.AddOptions<RunOptions>().BindConfiguration("Steward:Runs");
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, OpenWorkAtStart>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, OpenWorkAfterLoss>();
        builder.AddIncomingGrainCallFilter<IdentityCallFilter>();
        return builder;
    }

    private static void AddConnectors(IServiceCollection services)
    {
        services.AddStewardVault();
        services.TryAddSingleton<CredentialEnvelope>();
        services.AddStewardCredentials();
        services.TryAddSingleton<InstanceDirectory>();
        services.TryAddSingleton<CallsUnderWay>();
        services.AddHostedService(provider => provider.GetRequiredService<CallsUnderWay>());
        services.TryAddTransient<MappingQuestions>();
        services.TryAddSingleton<IHookTargets, ConnectorHookTargets>();
        services.TryAddSingleton(new OpenApiImporter());
        services.Replace(ServiceDescriptor.Singleton<IInstanceDirectory>(provider => provider.GetRequiredService<InstanceDirectory>()));
        services.TryAddSingleton<ConnectorAuditWriter>();
        services.TryAddSingleton<ICallAudit>(provider => provider.GetRequiredService<ConnectorAuditWriter>());
        services.AddHostedService(provider => provider.GetRequiredService<ConnectorAuditWriter>());
    }
}
