namespace Steward.Engines.Triage.Incidents;

/// <summary>In how many of the tickets so far each word stood, in a table of fixed size: words that share a place count as one. What is long ago counts less and less.</summary>
internal sealed class WordRarity
{
    private const int Places = 1 << 14;
    private const float HalvedAt = 20_000;

    private readonly float[] _tickets = new float[Places];
    private float _all;

    /// <summary>Takes the words of a ticket into account, each once.</summary>
    public void Learn(ReadOnlySpan<uint> words)
    {
        if (_all >= HalvedAt)
        {
            for (var place = 0; place < Places; place++)
            {
                _tickets[place] /= 2;
            }

            _all /= 2;
        }

        _all++;
        foreach (var word in words)
        {
            _tickets[word % Places]++;
        }
    }

    /// <summary>How much a word tells: the inverse document frequency, smoothed.</summary>
    public float Of(uint word) => MathF.Log((_all + 1) / (_tickets[word % Places] + 1)) + 1;
}
