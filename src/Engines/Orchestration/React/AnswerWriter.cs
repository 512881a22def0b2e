using System.Text;

namespace Steward.Engines.Orchestration.React;

/// <summary>
/// Records streamed text in batches: whatever arrives while one append is under way goes into the next, so that the number of appends follows the
/// speed of the journal, not that of the model.
/// </summary>
internal sealed class AnswerWriter(RunContext run, int offset)
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _waiting = new();
    private Task _appending = Task.CompletedTask;
    private int _offset = offset;

    /// <summary>How long the answer is with everything that was written.</summary>
    public int Length { get; private set; } = offset;

    public void Write(string text)
    {
        lock (_gate)
        {
            _waiting.Append(text);
            Length += text.Length;
            if (_appending.IsCompletedSuccessfully)
            {
                _appending = AppendAsync();
            }
        }
    }

    /// <summary>The text that is not yet being recorded, as a fact for an append of the caller; waits for the append under way.</summary>
    public async Task<AnswerDelta?> FinishAsync()
    {
        Task appending;
        AnswerDelta? rest;
        lock (_gate)
        {
            appending = _appending;
            rest = Take();
        }

        await appending;
        return rest;
    }

    private AnswerDelta? Take()
    {
        if (_waiting.Length == 0)
        {
            return null;
        }

        var delta = new AnswerDelta { Offset = _offset, Text = _waiting.ToString() };
        _offset += _waiting.Length;
        _waiting.Clear();
        return delta;
    }

    private async Task AppendAsync()
    {
        // Off the reader's thread, and not inside its lock.
        await Task.Yield();
        while (true)
        {
            AnswerDelta? delta;
            lock (_gate)
            {
                delta = Take();
                if (delta is null)
                {
                    _appending = Task.CompletedTask;
                    return;
                }
            }

            await run.RecordAsync(delta);
        }
    }
}
