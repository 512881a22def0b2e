using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Resilience;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;
using Steward.Operations;
using Steward.Webhooks;

namespace Steward.Connectors;

/// <summary>
/// Owns one connector instance. Persists: <see cref="ConnectorState"/>; secrets are in the vault under <c>connectors/{name}</c>. In memory: windows, breaker and health
/// (<see cref="InstanceState"/>) and tokens. Woken by: admins, callers that want a permit, and its reminder, which checks address and credentials.
/// </summary>
internal sealed partial class ConnectorGrain(
    [PersistentState("connector", StorageNames.GrainState)] IPersistentState<ConnectorState> state,
    ISecretVault vault,
    InstanceCredentialsFactory credentials,
    CredentialEnvelope envelope,
    InstanceDirectory directory,
    TemplateLibrary library,
    SecretSealer sealer,
    PlatformIdentity platform,
    TenantWebhooks webhooks,
    INoticeAdmins admins,
    MappingQuestions questions,
    IOptionsMonitor<ConnectorsOptions> options,
    IOptions<HookOptions> hooks,
    TimeProvider time,
    ILogger<ConnectorGrain> logger) : StewardGrain, IConnectorGrain, IRemindable
{
    private const string CheckReminder = "check";

    private ResolvedInstance? _target;
    private ConnectorDefinition? _definition;
    private InstanceState? _traffic;
    private Task _writing = Task.CompletedTask;

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private string Name => GrainKeys.LastPart(Key)["c-".Length..];

    private VaultPath SecretsPath => InstanceCredentials.SecretsOf(TenantId, Name);

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State.InstanceJson is { } json)
        {
            Hold(JsonSerializer.Deserialize<ConnectorInstance>(json, TemplateJson.Options)!, TemplateReader.Reread(state.State.TemplateText!, Name), state.State.TemplateText!);
            TakeUpNews();
        }

        // It was being deleted when its silo was lost.
        if (state.State.Deleting)
        {
            await RemoveAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<ConnectorInfo> Create(CreateConnector command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (_target is not null)
        {
            throw new StewardException(ErrorCodes.Conflict, $"name: there is a connector '{Name}'.") { Field = "name" };
        }

        var (template, text, isOwn) = ConnectorSettings.ReadTemplate(library, command.TemplateId, command.TemplateText);
        var secrets = ConnectorSettings.Open(sealer, Key, command.SealedSecrets);
        var instance = ConnectorSettings.Of(command, TenantId, Name, template, text, secrets.Keys, state.State.LastRevision + 1);
        Check(instance, template);
        CheckResidency(instance, template);

        // The vault first: what is left behind after a loss is overwritten by the next attempt, and no instance is without its secrets.
        await WriteSecretsAsync(secrets, cancellationToken);
        state.State = new ConnectorState
        {
            InstanceJson = Json(instance),
            TemplateText = text,
            OwnTemplate = isOwn,
            CreatedAt = time.GetUtcNow(),
            CreatedBy = Caller.Required.UserId,
            LastRevision = instance.Revision,
        };
        await WriteAsync();
        Hold(instance, template, text);

        // From here on the reminder publishes what cannot be published now.
        await this.RegisterOrUpdateReminder(CheckReminder, instance.CheckEvery, instance.CheckEvery, CancellationToken.None);
        try
        {
            await PublishAsync();
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.LimitReached)
        {
            // There is no room for it: nothing of it stays, least of all its secrets.
            state.State.Deleting = true;
            await WriteAsync();
            await RemoveAsync(cancellationToken);
            throw;
        }

        LogCreated(logger, Key, template.Id, instance.Revision);
        return Info(_target!);
    }

    /// <inheritdoc/>
    public Task<ConnectorInfo?> GetInfo(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult(_target is { } target ? Info(target) : null);
    }

    /// <inheritdoc/>
    public async Task<ConnectorInfo> Update(UpdateConnector command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var target = RequireThere();
        if (command.ExpectedRevision is { } expected && expected != target.Instance.Revision)
        {
            throw new StewardException(ErrorCodes.Conflict, $"expectedRevision: it is {target.Instance.Revision} now.") { Field = "expectedRevision" };
        }

        var (template, text) = (target.Template, state.State.TemplateText!);
        if (command.UpgradeTemplate && !state.State.OwnTemplate && library.Find(target.Template.Id) is { } present)
        {
            (template, text) = (present.Template, present.Text);
        }

        var instance = ConnectorSettings.Apply(command, target.Instance, template, text);
        Check(instance, template);
        if (instance.Enabled)
        {
            CheckResidency(instance, template);
        }

        ConnectorSettings.RequireSameHost(target, new ResolvedInstance(instance, template));
        state.State.InstanceJson = Json(instance);
        state.State.TemplateText = text;
        state.State.LastRevision = instance.Revision;
        await WriteAsync();
        Hold(instance, template, text);
        await PublishAsync();
        await this.RegisterOrUpdateReminder(CheckReminder, instance.CheckEvery, instance.CheckEvery, CancellationToken.None);
        return Info(_target!);
    }

    /// <inheritdoc/>
    public async Task<ConnectorInfo> RotateCredentials(IReadOnlyDictionary<string, string> sealedSecrets, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var target = RequireThere();
        var secrets = ConnectorSettings.Open(sealer, Key, sealedSecrets);
        if (secrets.Count == 0)
        {
            throw StewardException.Invalid("secrets", "must name at least one secret.");
        }

        var instance = target.Instance with
        {
            Secrets = [.. target.Instance.Secrets.Union(secrets.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Revision = target.Instance.Revision + 1,
        };
        Check(instance, target.Template);
        await WriteSecretsAsync(secrets, cancellationToken);
        state.State.InstanceJson = Json(instance);
        state.State.LastRevision = instance.Revision;
        state.State.Failure = null;
        await WriteAsync();
        Hold(instance, target.Template, state.State.TemplateText!);
        _signIn!.Reset();
        _credentialChange = null;
        await PublishAsync();
        LogRotated(logger, Key);
        return Info(_target!);
    }

    /// <inheritdoc/>
    public async Task<ConnectorVerification> Verify(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        RequireThere();
        return await VerifyAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task Delete(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (_target is null)
        {
            return;
        }

        // From here on it is finished after a loss, too.
        state.State.Deleting = true;
        await WriteAsync();
        await RemoveAsync(cancellationToken);
        LogDeleted(logger, Key);
    }

    /// <inheritdoc/>
    public Task<ConnectorDefinition?> GetDefinition(bool withText, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(_target is not { Instance.Enabled: true } || state.State.Deleting ? null : withText ? _definition : _definition! with { TemplateText = null });
    }

    /// <inheritdoc/>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (_target is not { } target)
        {
            return;
        }

        if (state.State.Deleting)
        {
            // The vault failed when it was to be deleted.
            await RemoveAsync(CancellationToken.None);
            return;
        }

        // It changes nothing, unless the change itself could not be told then.
        await PublishAsync();
        TellWhatIsLeft();
        if (!target.Instance.Enabled)
        {
            return;
        }

        CheckBeside();
    }

    private static string Json(ConnectorInstance instance) => JsonSerializer.Serialize(instance, TemplateJson.Options);

    private void Check(ConnectorInstance instance, ConnectorTemplate template) => ConnectorSettings.Check(instance, template, options.CurrentValue.MayReachPrivateAddresses(TenantId), options.CurrentValue.MaxLimitFactor);

    private void CheckResidency(ConnectorInstance instance, ConnectorTemplate template)
    {
        if (InstanceResidency.Check(new ResolvedInstance(instance, template), options.CurrentValue.ResidencyOf(TenantId)) is { } fault)
        {
            throw StewardException.Invalid(fault.Field, fault.Message);
        }
    }

    // Secrets that are not given stay.
    private async Task WriteSecretsAsync(Dictionary<string, SecretText> secrets, CancellationToken cancellationToken)
    {
        if (secrets.Count == 0)
        {
            return;
        }

        try
        {
            var present = _target is null ? null : await vault.ReadAsync(SecretsPath, cancellationToken: cancellationToken);
            foreach (var (name, value) in present?.Values ?? new Dictionary<string, SecretText>())
            {
                secrets.TryAdd(name, value);
            }

            var (now, overlap) = (time.GetUtcNow(), hooks.Value.SecretOverlap);
            if (present is not null && WebhookSecrets.Keep(secrets, present.Values, now + overlap, now))
            {
                state.State.OldWebhookSecretUntil = now + overlap;
            }

            await vault.WriteAsync(SecretsPath, secrets, present?.Version, cancellationToken);
        }
        catch (VaultException exception)
        {
            throw Unavailable(exception);
        }
    }

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        platform.Assume(TenantId);
        await GrainFactory.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex(TenantId)).Remove(Name, cancellationToken);
        directory.Expire(TenantId);
        try
        {
            await _signIn!.DeleteAsync(cancellationToken);
        }
        catch (VaultException exception)
        {
            throw Unavailable(exception);
        }

        // What its system told goes, too: names and texts of people are in it.
        platform.Assume(TenantId);
        await GrainFactory.GetGrain<IConnectorHooksGrain>(Key).Remove(CancellationToken.None);
        if (await this.GetReminder(CheckReminder, CancellationToken.None) is { } reminder)
        {
            await this.UnregisterReminder(reminder, CancellationToken.None);
        }

        await questions.StopAsync();

        // First of all nobody gets a permit or the settings any more: what is written next no longer says that it is being deleted.
        Release();
        state.State = new ConnectorState { LastRevision = state.State.LastRevision };
        await WriteAsync();
    }

    private async Task PublishAsync()
    {
        platform.Assume(TenantId);
        var instance = _target!.Instance;
        await GrainFactory.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex(TenantId))
            .Put(new ConnectorEntry { Name = instance.Name, Revision = instance.Revision, Enabled = instance.Enabled, TemplateCharacters = state.State.OwnTemplate ? state.State.TemplateText!.Length : 0 });

        // This silo sees it at once, the others within seconds.
        directory.Expire(TenantId);
    }

    // Beside the grain's turns: what it finds out about settings that are no longer those it began with, it keeps to itself.
    private async Task<ConnectorVerification> VerifyAsync(CancellationToken cancellationToken)
    {
        var revision = state.State.LastRevision;
        platform.Assume(TenantId);
        var result = await GrainFactory.GetGrain<IConnectorCallsGrain>(TenantId).Check(Name, cancellationToken);
        var succeeded = result.Outcome == "succeeded";
        var identity = succeeded && _target?.Template.Verify.Identity is { } path && result.ResultJson is { } json
            ? ValuePath.Find(JsonElement.Parse(json), path)?.ToString()
            : null;
        if (_target is not null && !state.State.Deleting && state.State.LastRevision == revision)
        {
            if (succeeded && !_target.Instance.OnBehalfOfUser)
            {
                _signIn!.Confirm();
                NoteSignedIn();
            }

            state.State.VerifiedAt = succeeded ? time.GetUtcNow() : state.State.VerifiedAt;
            state.State.Identity = succeeded ? identity : state.State.Identity;

            // What passes by itself says nothing about the credentials.
            state.State.Failure = succeeded ? null : result.IsRetryable ? state.State.Failure : $"{result.Outcome}: {result.Message}";
            await WriteAsync();
        }

        return new ConnectorVerification { Succeeded = succeeded, Identity = identity, Code = succeeded ? null : result.Outcome, Message = result.Message };
    }

    private ResolvedInstance RequireThere() => _target is not null && !state.State.Deleting ? _target : throw StewardException.NotFound("The connector");

    private ConnectorInfo Info(ResolvedInstance target)
    {
        var (instance, template) = (target.Instance, target.Template);
        var (condition, reason) = Condition();
        return new ConnectorInfo
        {
            Name = instance.Name,
            Title = instance.Title,
            TemplateId = instance.TemplateId,
            TemplateVersion = instance.TemplateVersion,
            TemplateHash = instance.TemplateHash,
            UpgradeTo = !state.State.OwnTemplate && library.Find(template.Id) is { } present && present.Hash != instance.TemplateHash ? present.Template.Version : null,
            Region = instance.Region,
            Residency = InstanceResidency.Of(target),
            ResidencyFault = InstanceResidency.Check(target, options.CurrentValue.ResidencyOf(TenantId)) is { } fault ? $"{fault.Field} {fault.Message}" : null,
            BaseUrl = InstanceAddress.Find(target)?.AbsoluteUri ?? "",
            Fields = instance.Fields,
            AuthId = instance.AuthId,
            Secrets = instance.Secrets,
            Operations = [.. template.Operations.Select(operation => new ConnectorOperationInfo
            {
                Id = operation.Id,
                Summary = operation.Summary,
                Effect = operation.Effect.ToString().ToLowerInvariant(),
                Enabled = InstanceOperations.IsEnabled(instance, operation),
                Roles = InstanceOperations.RolesFor(instance, operation.Id),
                RequiresApproval = operation.RequiresApproval,
            })],
            OnBehalfOfUser = instance.OnBehalfOfUser,
            LimitFactor = LimitFactorOf(instance),
            Enabled = instance.Enabled,
            Revision = instance.Revision,
            State = condition,
            StateReason = reason,
            Breaker = _traffic!.Breaker switch { BreakerPhase.Open => "open", BreakerPhase.HalfOpen => "half_open", _ => "closed" },
            Health = Math.Round(_traffic.Health, 3),
            VerifiedAt = state.State.VerifiedAt,
            Identity = state.State.Identity,
            CreatedAt = state.State.CreatedAt,
            MappingsJson = instance.Mappings.Count == 0 ? null : JsonSerializer.Serialize(instance.Mappings, TemplateJson.Options),
            ForecastSeconds = _traffic.Forecast is { } forecast ? Math.Round(forecast.TotalSeconds, 1) : null,
            Drift = [.. _schemas!.Drift.Select(ToMessage)],
        };
    }

    private StewardException Unavailable(VaultException exception)
    {
        LogVault(logger, Key, exception);
        return new StewardException(ErrorCodes.Unavailable, exception.Message, exception) { IsRetryable = exception.IsRetryable };
    }

    // Timers and verifications write beside the grain's turn: one after the other, and each what stands when it begins.
    private Task WriteAsync() => _writing = WriteAfterAsync(_writing);

    private async Task WriteAfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        KeepSchemas();
        var changes = state.State.SignIn?.Changes ?? 0;
        try
        {
            await state.WriteStateAsync();
            _writtenChanges = changes;
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }

    [LoggerMessage(EventId = 1404, Level = LogLevel.Information, Message = "Created {Connector} from the template {Template}, revision {Revision}")]
    private static partial void LogCreated(ILogger logger, string connector, string template, long revision);

    [LoggerMessage(EventId = 1405, Level = LogLevel.Information, Message = "Replaced secrets of {Connector}")]
    private static partial void LogRotated(ILogger logger, string connector);

    [LoggerMessage(EventId = 1406, Level = LogLevel.Information, Message = "Deleted {Connector} and its secrets")]
    private static partial void LogDeleted(ILogger logger, string connector);

    [LoggerMessage(EventId = 1407, Level = LogLevel.Warning, Message = "The vault failed {Connector}")]
    private static partial void LogVault(ILogger logger, string connector, Exception exception);
}
