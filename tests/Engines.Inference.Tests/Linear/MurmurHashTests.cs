using System.Text;
using Steward.Engines.Inference.Linear;

namespace Steward.Engines.Inference.Tests.Linear;

public class MurmurHashTests
{
    // Of sklearn.utils.murmurhash3_32(..., positive=True), which the trainer uses.
    [Theory]
    [InlineData("", 0, 0u)]
    [InlineData("", 1, 0x514E28B7u)]
    [InlineData("hello", 0, 0x248BFA47u)]
    [InlineData("hello, world", 0, 0x149BBB7Fu)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723u)]
    public void Compute_KnownTexts_GivesTheKnownHashes(string text, uint seed, uint expected) =>
        Assert.Equal(expected, MurmurHash.Compute(Encoding.UTF8.GetBytes(text), seed));
}
