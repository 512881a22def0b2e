namespace Steward.Engines.Orchestration;

/// <summary>What is remembered of the people in whose name runs act. The composition gives one; without one runs know only their conversation.</summary>
public interface IRunMemory
{
    /// <summary>What fits a run's message, within a budget; what must always be kept to is always in it.</summary>
    /// <param name="input">The run.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null when nothing fits, or when it could not be asked in time: the run goes on without.</returns>
    ValueTask<MemoryRecalled?> RecallAsync(RunInput input, CancellationToken cancellationToken);

    /// <summary>Answers a message that is about the memory itself: what is remembered, or that something is to be forgotten. Idempotent by run.</summary>
    /// <param name="input">The run.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null when the message is about something else.</returns>
    ValueTask<MemoryAnswer?> AnswerAsync(RunInput input, CancellationToken cancellationToken);
}

/// <summary>An answer about the memory.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Recalled">The memories that it tells; null when it tells none.</param>
public sealed record MemoryAnswer(string Text, MemoryRecalled? Recalled);
