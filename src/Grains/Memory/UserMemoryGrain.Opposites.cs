using Steward.Engines.Memory.Days;
using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Steward.Identity;
using EngineKind = Steward.Engines.Memory.MemoryKind;

namespace Steward.Memory;

/// <summary>How what a message says is written, so that nobody likes and dislikes the same. What gives way stands in the journal as statements that every release folds alike.</summary>
internal sealed partial class UserMemoryGrain
{
    private const int MaxHeld = 64;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<HeldMemory>> ListHeld(DateTimeOffset saidAt, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await OpenAsync(cancellationToken);
        return [.. HeldValue.Of(State.Facts, saidAt).Take(MaxHeld).Select(held => new HeldMemory { Slot = held.Slot, Value = held.Value, IsLatest = held.IsLatest })];
    }

    // Days are those of the person's own time zone, as far as the memory knows it.
    private List<MemoryStatement> Dated(NoteStatements command)
    {
        if (command.Statements.All(said => said.When is null))
        {
            return [.. command.Statements];
        }

        return [.. command.Statements.Select(said => StatementDates.Resolve(Read(said), command.SaidAt, State.Zone)).OfType<Statement>().Select(Write)];
    }

    private async Task NoteAsync(NoteStatements command, List<MemoryStatement> taken)
    {
        var plan = Opposites.Plan(State.Facts, [.. taken.Select(Read)], command.MessageId, (FactSource)command.Source, command.SaidAt);
        var noted = new MemoryNoted { MessageId = command.MessageId, SaidAt = command.SaidAt, Source = command.Source, Statements = [.. Fitting(plan.First, command).Select(Write)] };
        if (noted.Statements.Count > 0)
        {
            await AppendAsync(noted, "message:" + command.MessageId);
        }

        if (plan.Then.Count > 0)
        {
            await AppendAsync(noted with { MessageId = command.MessageId + "#opposite", SaidAt = plan.ThenAt, Statements = [.. plan.Then.Select(Write)] }, "opposite:" + command.MessageId);
        }
    }

    // What there is no room for is not written either.
    private IReadOnlyList<Statement> Fitting(IReadOnlyList<Statement> statements, NoteStatements command)
    {
        if (State.Facts.Count + statements.Count <= UserMemoryState.MaxFacts)
        {
            return statements;
        }

        var (ledger, fitting) = (new FactLedger(State.Facts, State.Next), new List<Statement>());
        foreach (var statement in statements.Where(statement => statement.IsRetraction || ledger.Facts.Count < UserMemoryState.MaxFacts))
        {
            ledger.Apply(statement, command.MessageId, (FactSource)command.Source, command.SaidAt, Now);
            fitting.Add(statement);
        }

        return fitting;
    }

    // First what gives way: whoever is lost in between asks again.
    private async Task TakeBackOppositeAsync(MemoryFact fact, string value, string by)
    {
        var (statements, at) = Opposites.Against(State.Facts, fact, value, Now);
        if (statements.Count > 0)
        {
            await AppendAsync(new MemoryNoted { MessageId = by + "#opposite", SaidAt = at, Source = MemorySource.Corrected, Statements = [.. statements.Select(Write)] }, null);
        }
    }

    private Task<bool> AppendAsync(MemoryNoted noted, string? deduplicationId) =>
        _journal!.AppendAsync(MemoryRecordTypes.Noted, noted, MemoryJson.Default.MemoryNoted, () => Wake(State.ConsolidatesAt ?? UserMemoryState.NextNight(Now)), deduplicationId);

    private static Statement Read(MemoryStatement said) =>
        new() { Kind = (EngineKind)said.Kind, Subject = said.Subject, Slot = said.Slot, Value = said.Value, IsRetraction = said.IsRetraction, Confidence = said.Confidence, When = said.When, From = said.ValidFrom };

    private static MemoryStatement Write(Statement said) =>
        new() { Kind = (MemoryKind)said.Kind, Subject = said.Subject, Slot = said.Slot, Value = said.Value, IsRetraction = said.IsRetraction, Confidence = said.Confidence, ValidFrom = said.From };
}
