namespace Steward.Engines.Approvals.Learning;

/// <summary>
/// Logistic regression with an L2 penalty on all but the first weight, fitted by Newton's method (iteratively reweighted least squares) with halved steps where a whole one makes it worse. Deterministic; at most
/// <see cref="MaxIterations"/> passes over the data.
/// </summary>
public static class LogisticRegression
{
    /// <summary>The most passes.</summary>
    public const int MaxIterations = 30;

    /// <summary>Fits weights.</summary>
    /// <param name="rows">The features of each observation, all of one length; the first is 1.</param>
    /// <param name="happened">What became of each.</param>
    /// <param name="penalty">The penalty on the squares of the weights, over zero.</param>
    public static double[] Fit(IReadOnlyList<double[]> rows, IReadOnlyList<bool> happened, double penalty)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(happened);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        var count = rows.Count == 0 ? 0 : rows[0].Length;
        var weights = new double[count];
        var loss = Loss(rows, happened, weights, penalty);
        for (var iteration = 0; iteration < MaxIterations && count > 0; iteration++)
        {
            var step = Step(rows, happened, weights, penalty);
            var scale = 1d;
            double[] next;
            double nextLoss;
            do
            {
                next = [.. weights.Zip(step, (weight, change) => weight - (scale * change))];
                nextLoss = Loss(rows, happened, next, penalty);
                scale /= 2;
            }
            while (nextLoss > loss && scale > 1e-6);
            if (!(nextLoss < loss))
            {
                break;
            }

            var isDone = loss - nextLoss < 1e-10 * (1 + loss);
            (weights, loss) = (next, nextLoss);
            if (isDone)
            {
                break;
            }
        }

        return weights;
    }

    /// <summary>How likely it is, 0 to 1.</summary>
    public static double Predict(double[] weights, double[] features)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(features);
        return Sigmoid(Dot(weights, features));
    }

    /// <summary>The inverse of the odds' logarithm.</summary>
    public static double Sigmoid(double odds) => odds >= 0 ? 1 / (1 + Math.Exp(-odds)) : Math.Exp(odds) / (1 + Math.Exp(odds));

    /// <summary>The logarithm of the odds.</summary>
    public static double LogOdds(double probability)
    {
        var bounded = Math.Clamp(probability, 1e-6, 1 - 1e-6);
        return Math.Log(bounded / (1 - bounded));
    }

    private static double Dot(double[] left, double[] right)
    {
        var sum = 0d;
        for (var i = 0; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }

    private static double Loss(IReadOnlyList<double[]> rows, IReadOnlyList<bool> happened, double[] weights, double penalty)
    {
        var loss = 0d;
        for (var i = 0; i < rows.Count; i++)
        {
            var odds = Dot(weights, rows[i]);
            loss += Math.Max(odds, 0) + Math.Log(1 + Math.Exp(-Math.Abs(odds))) - (happened[i] ? odds : 0);
        }

        return loss + (penalty / 2 * weights.Skip(1).Sum(weight => weight * weight));
    }

    // The solution of Hessian × step = gradient.
    private static double[] Step(IReadOnlyList<double[]> rows, IReadOnlyList<bool> happened, double[] weights, double penalty)
    {
        var count = weights.Length;
        var gradient = new double[count];
        var hessian = new double[count][];
        for (var j = 0; j < count; j++)
        {
            hessian[j] = new double[count];

            // A little on the first, too, so that the matrix can always be inverted.
            hessian[j][j] = j == 0 ? 1e-9 : penalty;
            gradient[j] = j == 0 ? 0 : penalty * weights[j];
        }

        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var predicted = Predict(weights, row);
            var (error, spread) = (predicted - (happened[i] ? 1 : 0), predicted * (1 - predicted));
            for (var j = 0; j < count; j++)
            {
                gradient[j] += error * row[j];
                for (var k = 0; k <= j; k++)
                {
                    hessian[j][k] += spread * row[j] * row[k];
                }
            }
        }

        return SolveSymmetric(hessian, gradient);
    }

    // Cholesky's decomposition of a positive definite matrix of which the lower half is given.
    private static double[] SolveSymmetric(double[][] matrix, double[] right)
    {
        var count = right.Length;
        for (var j = 0; j < count; j++)
        {
            for (var k = 0; k <= j; k++)
            {
                var sum = matrix[j][k];
                for (var i = 0; i < k; i++)
                {
                    sum -= matrix[j][i] * matrix[k][i];
                }

                matrix[j][k] = j == k ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / matrix[k][k];
            }
        }

        var solution = new double[count];
        for (var j = 0; j < count; j++)
        {
            solution[j] = (right[j] - Enumerable.Range(0, j).Sum(i => matrix[j][i] * solution[i])) / matrix[j][j];
        }

        for (var j = count - 1; j >= 0; j--)
        {
            solution[j] = (solution[j] - Enumerable.Range(j + 1, count - j - 1).Sum(i => matrix[i][j] * solution[i])) / matrix[j][j];
        }

        return solution;
    }
}
