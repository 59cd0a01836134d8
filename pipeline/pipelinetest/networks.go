package pipelinetest

import "fmt"

func (l *list) residual(single, folder string, in, out, embed int) {
	l.module(single+".in_layers.0", folder+".norm1", in)
	l.module(single+".in_layers.2", folder+".conv1", out, in, 3, 3)
	l.module(single+".emb_layers.1", folder+".time_emb_proj", out, embed)
	l.module(single+".out_layers.0", folder+".norm2", out)
	l.module(single+".out_layers.3", folder+".conv2", out, out, 3, 3)
	if in != out {
		l.module(single+".skip_connection", folder+".conv_shortcut", out, in, 1, 1)
	}
}

func (l *list) transformer(single, folder string, c, depth int, u Unet) {
	l.module(single+".norm", folder+".norm", c)
	proj := []int{c, c, 1, 1}
	if u.Linear {
		proj = proj[:2]
	}
	l.module(single+".proj_in", folder+".proj_in", proj...)
	for i := range depth {
		block := fmt.Sprintf(".transformer_blocks.%d.", i)
		both := func(name string, shape ...int) { l.module(single+block+name, folder+block+name, shape...) }
		for a, from := range []int{c, u.Context} {
			at := fmt.Sprintf("attn%d.", a+1)
			for q, n := range []int{c, from, from} {
				name := block + at + []string{"to_q", "to_k", "to_v"}[q] + ".weight"
				l.add(single+name, folder+name, c, n)
			}
			both(at+"to_out.0", c, c)
		}
		both("ff.net.0.proj", 8*c, c)
		both("ff.net.2", c, 4*c)
		for n := 1; n <= 3; n++ {
			both(fmt.Sprintf("norm%d", n), c)
		}
	}
	l.module(single+".proj_out", folder+".proj_out", proj...)
}

// down lists the way down and the middle of a denoiser with two residual blocks a level: the channels
// of its skips, and of the middle.
func (l *list) down(u Unet) (skips []int, c int) {
	embed := 4 * u.Width
	l.module("time_embed.0", "time_embedding.linear_1", embed, u.Width)
	l.module("time_embed.2", "time_embedding.linear_2", embed, embed)
	if u.Guided > 0 {
		l.add("time_embed.cond_proj.weight", "time_embedding.cond_proj.weight", u.Width, u.Guided)
	}
	if u.Label > 0 {
		l.module("label_emb.0.0", "add_embedding.linear_1", embed, u.Label)
		l.module("label_emb.0.2", "add_embedding.linear_2", embed, embed)
	}
	l.module("input_blocks.0.0", "conv_in", u.Width, u.In, 3, 3)
	skips, c = []int{u.Width}, u.Width
	k := 1
	for level, mult := range u.Mult {
		down := fmt.Sprintf("down_blocks.%d.", level)
		for j := range 2 {
			l.residual(fmt.Sprintf("input_blocks.%d.0", k), down+fmt.Sprintf("resnets.%d", j), c, mult*u.Width, embed)
			c = mult * u.Width
			if u.Depth[level] > 0 {
				l.transformer(fmt.Sprintf("input_blocks.%d.1", k), down+fmt.Sprintf("attentions.%d", j), c, u.Depth[level], u)
			}
			skips, k = append(skips, c), k+1
		}
		if level < len(u.Mult)-1 {
			l.module(fmt.Sprintf("input_blocks.%d.0.op", k), down+"downsamplers.0.conv", c, c, 3, 3)
			skips, k = append(skips, c), k+1
		}
	}
	l.residual("middle_block.0", "mid_block.resnets.0", c, c, embed)
	l.transformer("middle_block.1", "mid_block.attentions.0", c, u.Middle, u)
	l.residual("middle_block.2", "mid_block.resnets.1", c, c, embed)
	return skips, c
}

// unet lists a denoiser with two residual blocks a level.
func (l *list) unet(u Unet) {
	skips, c := l.down(u)
	embed, k := 4*u.Width, 0
	for level := len(u.Mult) - 1; level >= 0; level-- {
		up := fmt.Sprintf("up_blocks.%d.", len(u.Mult)-1-level)
		for j := range 3 {
			skip := skips[len(skips)-1]
			skips = skips[:len(skips)-1]
			l.residual(fmt.Sprintf("output_blocks.%d.0", k), up+fmt.Sprintf("resnets.%d", j), c+skip, u.Mult[level]*u.Width, embed)
			c = u.Mult[level] * u.Width
			slot := 1
			if u.Depth[level] > 0 {
				l.transformer(fmt.Sprintf("output_blocks.%d.1", k), up+fmt.Sprintf("attentions.%d", j), c, u.Depth[level], u)
				slot = 2
			}
			if level > 0 && j == 2 {
				l.module(fmt.Sprintf("output_blocks.%d.%d.conv", k, slot), up+"upsamplers.0.conv", c, c, 3, 3)
			}
			k++
		}
	}
	l.module("out.0", "conv_norm_out", c)
	l.module("out.2", "conv_out", 4, u.Width, 3, 3)
}

func (l *list) pictureBlock(single, folder string, in, out int) {
	l.module(single+".norm1", folder+".norm1", in)
	l.module(single+".conv1", folder+".conv1", out, in, 3, 3)
	l.module(single+".norm2", folder+".norm2", out)
	l.module(single+".conv2", folder+".conv2", out, out, 3, 3)
	if in != out {
		l.module(single+".nin_shortcut", folder+".conv_shortcut", out, in, 1, 1)
	}
}

func (l *list) pictureMiddle(side string, c int) {
	l.pictureBlock(side+".mid.block_1", side+".mid_block.resnets.0", c, c)
	single, folder := side+".mid.attn_1.", side+".mid_block.attentions.0."
	l.module(single+"norm", folder+"group_norm", c)
	for _, n := range [][2]string{{"q", "to_q"}, {"k", "to_k"}, {"v", "to_v"}, {"proj_out", "to_out.0"}} {
		l.module(single+n[0], folder+n[1], c, c, 1, 1)
		l.pieces[len(l.pieces)-2].folder[0].shape = []int{c, c}
	}
	l.pictureBlock(side+".mid.block_2", side+".mid_block.resnets.1", c, c)
}

func (l *list) vae(v VAE) {
	last, c := len(v.Mult)-1, v.Width
	l.module("encoder.conv_in", "encoder.conv_in", c, 3, 3, 3)
	for i, mult := range v.Mult {
		for j := range 2 {
			l.pictureBlock(fmt.Sprintf("encoder.down.%d.block.%d", i, j), fmt.Sprintf("encoder.down_blocks.%d.resnets.%d", i, j), c, mult*v.Width)
			c = mult * v.Width
		}
		if i < last {
			l.module(fmt.Sprintf("encoder.down.%d.downsample.conv", i), fmt.Sprintf("encoder.down_blocks.%d.downsamplers.0.conv", i), c, c, 3, 3)
		}
	}
	l.pictureMiddle("encoder", c)
	l.module("encoder.norm_out", "encoder.conv_norm_out", c)
	l.module("encoder.conv_out", "encoder.conv_out", 8, c, 3, 3)
	l.module("quant_conv", "quant_conv", 8, 8, 1, 1)
	l.module("post_quant_conv", "post_quant_conv", 4, 4, 1, 1)
	l.module("decoder.conv_in", "decoder.conv_in", c, 4, 3, 3)
	l.pictureMiddle("decoder", c)
	for i := last; i >= 0; i-- {
		for j := range 3 {
			l.pictureBlock(fmt.Sprintf("decoder.up.%d.block.%d", i, j), fmt.Sprintf("decoder.up_blocks.%d.resnets.%d", last-i, j), c, v.Mult[i]*v.Width)
			c = v.Mult[i] * v.Width
		}
		if i > 0 {
			l.module(fmt.Sprintf("decoder.up.%d.upsample.conv", i), fmt.Sprintf("decoder.up_blocks.%d.upsamplers.0.conv", last-i), c, c, 3, 3)
		}
	}
	l.module("decoder.norm_out", "decoder.conv_norm_out", c)
	l.module("decoder.conv_out", "decoder.conv_out", 3, c, 3, 3)
}
