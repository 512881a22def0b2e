namespace Steward.Engines.Approvals.Chains;

/// <summary>What was not as the rules meant, each once, 50 at most.</summary>
internal sealed class LevelWarnings
{
    private const int Most = 50;

    private readonly List<string> _all = [];

    public IReadOnlyList<string> All => _all;

    public void Add(string warning)
    {
        if (!_all.Contains(warning) && _all.Count < Most)
        {
            _all.Add(warning);
        }
    }
}
