using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Steward.Errors;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>What an import does by itself.</summary>
internal sealed partial class TriageImportGrain
{
    // Others who call the grain wait for so long at most, and for what was handed in last.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(500);

    private ImportRows? _rows;
    private ImportBatch? _handingIn;

    /// <summary>What the timer does: gives up an import whose parts do not come, reads some rows, or clears up after one that is over.</summary>
    private async Task Work(CancellationToken cancellationToken)
    {
        try
        {
            if (State.Stage == TriageImportState.Receiving && State.By is not null && LeftAlone() == TimeSpan.Zero)
            {
                await End(TriageImportState.Failed, "The rest of the file did not come.");
            }

            if (State.Stage == TriageImportState.Running)
            {
                await Read(cancellationToken);
            }

            if (State is { HasEnded: true, Emptied: false })
            {
                await ClearUp();
            }

            _pauses.Reset();
            Arm(State.Stage == TriageImportState.Running ? TimeSpan.Zero : State.Stage == TriageImportState.Receiving && State.By is not null ? LeftAlone() : Timeout.InfiniteTimeSpan);
        }
#pragma warning disable CA1031 // How far it is stands in the journal: it is tried again, here or elsewhere.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogInterrupted(_logger, exception, ImportId);
            Arm(_pauses.Next());
        }
    }

    private async Task Read(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            do
            {
                // Reading is work for a processor, which the grain's own turn is not for.
                var rows = _rows ??= await Task.Run(() => ImportRows.OpenAsync(new ImportFileStream(_file, State.Parts), State.Position, cancellationToken), cancellationToken);
                _handingIn ??= await Next(rows, cancellationToken);
                await HandIn(_handingIn, cancellationToken);
                var isEnd = _handingIn.IsEnd;
                _handingIn = null;
                if (isEnd)
                {
                    await End(TriageImportState.Done);
                    return;
                }
            }
            while (Stopwatch.GetElapsedTime(began) < Slice && !cancellationToken.IsCancellationRequested);
        }
        catch (FormatException exception)
        {
            await End(TriageImportState.Failed, exception.Message);
        }
        catch (StewardException exception) when (!exception.IsRetryable)
        {
            await End(TriageImportState.Failed, $"Triage refused the rows: {exception.Message}");
        }
    }

    private async Task<ImportBatch> Next(ImportRows rows, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(() => rows.NextAsync(_options.RowsAtOnce, _options.CharactersAtOnce, State.By!, cancellationToken), cancellationToken);
        }
        catch (Exception exception) when (exception is not FormatException)
        {
            // A reader that has failed takes what comes next for the end of the file.
            await CloseAsync();
            throw;
        }
    }

    private async Task HandIn(ImportBatch batch, CancellationToken cancellationToken)
    {
        var results = batch.Labels.Count == 0 ? [] : await _labels.LabelAsync(TenantId, batch.Labels, cancellationToken);
        var problems = batch.Problems.ToList();
        var refused = 0;
        for (var i = 0; i < results.Count; i++)
        {
            if (!results[i].IsTaken)
            {
                refused++;
                problems.Add(new TriageImportProblem { Line = batch.Lines[i], Problem = Short(results[i].Problem ?? "was refused.") });
            }
        }

        await _journal.AppendAsync(
            ImportRecordTypes.Read,
            new ImportRead(batch.Position, batch.BytesRead, batch.Labels.Count - refused, batch.BadRows + refused, [.. problems.OrderBy(problem => problem.Line).Take(ImportFold.MaxProblems - State.Problems.Count)]),
            ImportJson.Default.ImportRead,
            () => new JournalWake(_time.GetUtcNow()));
    }

    private async Task ClearUp()
    {
        await CloseAsync();
        await _file.RemoveAsync();
        await _journal.AppendAsync(ImportRecordTypes.Emptied, new ImportEmptied(), ImportJson.Default.ImportEmptied, () => JournalWake.Never);
        await _journal.ShortenAsync();
        LogEnded(_logger, ImportId, State.Stage, State.Rows, State.BadRows);
    }

    private async Task CloseAsync()
    {
        _handingIn = null;
        if (_rows is { } rows)
        {
            _rows = null;
            await rows.DisposeAsync();
        }
    }

    // How long the next part may still take.
    private TimeSpan LeftAlone()
    {
        var left = State.LastPartAt + _options.PartPatience - _time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Arm(TimeSpan due) => _timer?.Change(due, Timeout.InfiniteTimeSpan);

    private static string Short(string problem) => problem.Length > 200 ? problem[..200] : problem;

    [LoggerMessage(EventId = 1751, Level = LogLevel.Warning, Message = "The import {Import} was interrupted; it will go on where it stood")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string import);

    [LoggerMessage(EventId = 1752, Level = LogLevel.Information, Message = "The import {Import} ended as {Stage}: {Rows} rows taken, {BadRows} could not be used")]
    private static partial void LogEnded(ILogger logger, string import, TriageImportState stage, long rows, long badRows);
}
