using Microsoft.Extensions.Logging;
using Steward.Engines.Triage.Heads;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>The tenant's heads.</summary>
internal sealed partial class TriageGrain
{
    private const int MostHeadBytes = 16 * 1024 * 1024;
    private const int LongestReason = 500;
    private const int VersionDigits = 16;

    // Retention removes contents that nobody refers to: a head that answers is referred to every day that it does.
    private static readonly TimeSpan KeepHeadsEvery = TimeSpan.FromDays(1);

    private DateTimeOffset _headsKeptAt;

    /// <inheritdoc/>
    public async Task<TriageHeadInfo> AddHead(AddTriageHead command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var labels = (await CheckAsync(command, cancellationToken)).Labels.Count;
        var content = new StoredContent(ContentHash.Of(command.Bytes), command.Bytes);
        var version = "head-" + content.Hash[..VersionDigits];
        if (_fold.Find(version) is not { } head)
        {
            var added = new TriageHeadAdded
            {
                Version = version,
                Content = content.Hash,
                Encoder = command.Encoder,
                EncoderModel = command.EncoderModel,
                Tickets = command.Tickets,
                Labels = labels,
                ThroughSequence = command.ThroughSequence,
                AutoRouteAt = command.AutoRouteAt,
                ReviewAt = command.ReviewAt,
                Accuracy = command.Accuracy,
                AutoRouteCoverage = command.AutoRouteCoverage,
                AutoRoutePrecision = command.AutoRoutePrecision,
                IsSplitByText = command.IsSplitByText,
            };
            await _journal.AppendAsync(Record(TriageFactTypes.HeadAdded, added, TriageJson.Default.TriageHeadAdded), content);
            head = _fold.Find(version)!;
        }

        return head.ToInfo();
    }

    /// <inheritdoc/>
    public async Task<TriageHeads> UseHead(UseTriageHead command, CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrWhiteSpace(command.Reason) || command.Reason.Length > LongestReason)
        {
            throw StewardException.Invalid("reason", $"must have 1 to {LongestReason} characters.");
        }

        if (command.Share is not (>= 0 and <= 1) || (command.Version is null && command.Share < 1))
        {
            throw StewardException.Invalid("share", "must be 0 to 1, and 1 for the base.");
        }

        var head = _fold.Find(command.Version);
        if (command.Version is not null && head is null)
        {
            throw StewardException.NotFound("The head");
        }

        if (!Caller.IsSystem)
        {
            Caller.RequireAdmin();
            if (command.Share < 1 || (head is { HasAnswered: false } && command.Version != _fold.Canary))
            {
                throw StewardException.Forbidden("Admins go back to a head that answered before, or let the one on trial take over; new ones are tried by the platform.");
            }
        }

        if (command.Share < 1 && command.Version == _fold.Current)
        {
            throw new StewardException(ErrorCodes.Conflict, "version: this head answers already.") { Field = "version" };
        }

        var isSo = command.Share switch
        {
            >= 1 => _fold.Current == command.Version && _fold.Canary is null,
            0 => _fold.Canary != command.Version,
            _ => _fold.Canary == command.Version && _fold.CanaryShare == command.Share,
        };
        if (!isSo)
        {
            var used = new TriageHeadUsed(command.Version, command.Share, command.Reason, Caller.Required.UserId);
            await _journal.AppendAsync(Record(TriageFactTypes.HeadUsed, used, TriageJson.Default.TriageHeadUsed));
        }

        return Heads();
    }

    /// <inheritdoc/>
    public Task<TriageHeads> GetHeads(CancellationToken cancellationToken = default) => Task.FromResult(Heads());

    /// <inheritdoc/>
    public async Task<byte[]?> ReadHead(string version, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return _fold.Find(version) is { } head && await _parts.Contents.ReadAsync(_tenantId, head.Added.Content, cancellationToken) is { } bytes ? bytes.ToArray() : null;
    }

    private static async Task<TenantHead> CheckAsync(AddTriageHead command, CancellationToken cancellationToken)
    {
        if (command.Bytes is not { Length: > 0 and <= MostHeadBytes })
        {
            throw StewardException.Invalid("bytes", $"must be 1 to {MostHeadBytes} bytes.");
        }

        if (command.AutoRouteAt is not (null or (> 0 and <= 1)))
        {
            throw StewardException.Invalid("autoRouteAt", "must be above 0 and at most 1, or absent for never.");
        }

        if (command.ReviewAt is not (null or (> 0 and <= 1)))
        {
            throw StewardException.Invalid("reviewAt", "must be above 0 and at most 1, or absent.");
        }

        if (command.AutoRouteCoverage is not (null or (>= 0 and <= 1)) || command.AutoRoutePrecision is not (null or (>= 0 and <= 1)))
        {
            throw StewardException.Invalid("autoRouteCoverage", "must be 0 to 1, as autoRoutePrecision, or absent.");
        }

        TenantHead head;
        try
        {
            head = await Task.Run(() => TenantHead.FromBytes(command.Bytes), cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw StewardException.Invalid("bytes", exception.Message);
        }

        return head.Dimensions > 0 == command.EncoderModel is { Length: > 0 } && head.Dimensions > 0 == command.Encoder is { Length: > 0 }
            ? head
            : throw StewardException.Invalid("encoderModel", "must be there, with encoder, for a head that reads vectors, and only for one.");
    }

    private TriageHeads Heads() => new()
    {
        Current = _fold.Current,
        Canary = _fold.Canary,
        CanaryShare = _fold.CanaryShare,
        Routed = _fold.Routed,
        Overridden = _fold.Overridden,
        Heads = [.. _fold.Heads.AsEnumerable().Reverse().Select(head => head.Added.Version == _fold.Canary ? head.ToInfo() with { SaidByOne = _fold.SaidByOne() } : head.ToInfo())],
    };

    // Beside the call: of a ticket without an id nothing is written that could refer to them.
    private async Task KeepHeadsAsync()
    {
        try
        {
            if (await KeptHeadsAsync() is { Count: > 0 } heads)
            {
                var kept = new TriageHeadsKept([.. heads.Select(head => head.Hash)]);
                await _journal.AppendAsync(Record(TriageFactTypes.HeadsKept, kept, TriageJson.Default.TriageHeadsKept), [.. heads]);
            }
        }
#pragma warning disable CA1031 // It is said in the log and done with the next ticket.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _headsKeptAt = default;
            LogNotKept(_parts.Logger, exception, _key);
        }
    }

    // Those that answer, those that one may go back to, and the one that answers where no model does.
    private async Task<IReadOnlyList<StoredContent>> KeptHeadsAsync()
    {
        var now = _parts.Time.GetUtcNow();
        if (now - _headsKeptAt < KeepHeadsEvery)
        {
            return [];
        }

        _headsKeptAt = now;
        var kept = new List<StoredContent>();
        try
        {
            var answered = _fold.Heads.Where(head => head.HasAnswered).OrderByDescending(head => head.AnsweredThrough).Take(3);
            var standIn = _fold.Heads.FindLast(head => head is { MayStandIn: true, Added.EncoderModel: null });
            foreach (var head in answered.Append(standIn).Append(_fold.Find(_fold.Canary)).Append(_fold.Find(_fold.Current)).OfType<TriageHeadState>().Distinct())
            {
                if (await _parts.Contents.ReadAsync(_tenantId, head.Added.Content) is { } bytes)
                {
                    kept.Add(new StoredContent(head.Added.Content, bytes));
                }
            }
        }
        catch (StorageException)
        {
            // The append says whether the store is there; they are with the next ticket.
            _headsKeptAt = default;
            return [];
        }

        return kept;
    }

    [LoggerMessage(EventId = 1716, Level = LogLevel.Warning, Message = "The heads of {Key} could not be kept from retention now; it is tried with the next ticket")]
    private static partial void LogNotKept(ILogger logger, Exception exception, string key);
}
