using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Schedules;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// Owns one import of old tickets. Persists: its journal, which says how far it is, and beside it the parts of the file, until it is over. Woken by: its timer while it is in memory, and the tenant's watchdog after a loss.
/// Rows are handed in before it is noted that they were: after a loss the last of them are handed in again, and their ids make them the same labels.
/// </summary>
internal sealed partial class TriageImportGrain : StewardGrain, ITriageImportGrain, IDisposable
{
    private readonly TriageImportOptions _options;
    private readonly IImportedLabels _labels;
    private readonly PlatformIdentity _platform;
    private readonly TimeProvider _time;
    private readonly ILogger<TriageImportGrain> _logger;
    private readonly FoldedJournal<ImportFold> _journal;
    private readonly ImportFile _file;
    private readonly RetryPauses _pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    private IGrainTimer? _timer;

    public TriageImportGrain(
        IJournalStore journals, IOptions<TriageImportOptions> options, IImportedLabels labels, PlatformIdentity platform, TimeProvider time, ILogger<TriageImportGrain> logger)
    {
        _options = options.Value;
        _labels = labels;
        _platform = platform;
        _time = time;
        _logger = logger;
        _journal = new FoldedJournal<ImportFold>(journals, this.GetPrimaryKeyString(), ImportJson.Default.ImportFold, time, DeactivateOnIdle);
        _file = new ImportFile(journals, this.GetPrimaryKeyString() + "/f-file", time);
    }

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private string ImportId => GrainKeys.LastPart(this.GetPrimaryKeyString());

    private ImportFold State => _journal.State;

    private TriageImport Info => State.ToInfo(ImportId);

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);
        _timer = this.RegisterGrainTimer(Work, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true });
        Arm(TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => await CloseAsync();

    /// <inheritdoc/>
    public async Task<TriageImport> AddPart(int number, byte[] part, bool isLast, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (part is null || part.Length > _options.MaxPartBytes || (part.Length == 0 && (number == 0 || !isLast)))
        {
            throw StewardException.Invalid("part", $"must have 1 to {_options.MaxPartBytes} bytes; only the last part may be empty, and not when it is the first.");
        }

        if (number < State.Parts || State.HasEnded)
        {
            return await IsKnown(number, part) ? Info : throw new StewardException(ErrorCodes.Conflict, "number: the import has another part with this number, or has ended.") { Field = "number" };
        }

        if (number == State.Parts && part.Length == 0 && State.Stage == TriageImportState.Running)
        {
            return Info;
        }

        if (number != State.Parts || State.Stage != TriageImportState.Receiving)
        {
            throw new StewardException(ErrorCodes.Conflict, $"number: parts come in order; the next one is {State.Parts}.") { Field = "number" };
        }

        if (State.Bytes + part.Length > _options.MaxBytes)
        {
            var problem = $"A file has at most {_options.MaxBytes} bytes.";
            if (State.By is not null)
            {
                await End(TriageImportState.Failed, problem);
                Arm(TimeSpan.Zero);
            }

            throw new StewardException(ErrorCodes.LimitReached, problem);
        }

        if (State.By is null)
        {
            await Begin(cancellationToken);
        }

        // An empty part says only that there is no more.
        if (part.Length > 0 && !await _file.WriteAsync(number, part))
        {
            throw new StewardException(ErrorCodes.Conflict, "number: the import has another part with this number.") { Field = "number" };
        }

        await _journal.AppendAsync(
            ImportRecordTypes.Part,
            new ImportPart(part.Length, ContentHash.Of(part), isLast),
            ImportJson.Default.ImportPart,
            () => new JournalWake(isLast ? _time.GetUtcNow() : _time.GetUtcNow() + _options.PartPatience));
        Arm(TimeSpan.Zero);
        return Info;
    }

    /// <inheritdoc/>
    public Task<TriageImport?> Get(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult(State.By is null ? null : Info);
    }

    /// <inheritdoc/>
    public async Task<TriageImport> Cancel(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (State.By is null)
        {
            throw StewardException.NotFound("The import");
        }

        if (!State.HasEnded)
        {
            await End(TriageImportState.Cancelled);
            Arm(TimeSpan.Zero);
        }

        return Info;
    }

    /// <inheritdoc/>
    public Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        Arm(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _journal.Dispose();
    }

    private async Task Begin(CancellationToken cancellationToken)
    {
        var by = Caller.Required.UserId;
        _platform.Assume(TenantId);
        await GrainFactory.GetGrain<ITriageImportsGrain>(GrainKeys.TriageImports(TenantId)).Begin(ImportId, cancellationToken);
        await _journal.AppendAsync(ImportRecordTypes.Started, new ImportStarted(by), ImportJson.Default.ImportStarted, () => new JournalWake(_time.GetUtcNow() + _options.PartPatience));
    }

    private async Task<bool> IsKnown(int number, byte[] part)
    {
        if (number == State.Parts - 1)
        {
            return string.Equals(ContentHash.Of(part), State.LastPart, StringComparison.Ordinal);
        }

        return number >= 0 && number < State.Parts && !State.HasEnded && await _file.HasAsync(number, part);
    }

    // The file is removed next: until then the watchdog must know of it.
    private Task<bool> End(TriageImportState stage, string? error = null) =>
        _journal.AppendAsync(ImportRecordTypes.Ended, new ImportEnded(stage, error), ImportJson.Default.ImportEnded, () => new JournalWake(_time.GetUtcNow()));
}
